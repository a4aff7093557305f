# budget.gp - database time that a plan would have saved, by the memory it is given; users and products of a shop.
load "source/panels.gp"
shops = "sparse dense seasonal"
set terminal svg size 1200, 420 font "DejaVu Sans,12" background "white"
set multiplot layout 1, 3 title "Budget: database time of first touches saved, s (up), by MiB of Redis (across)" font ",15"
set format "%g"
set xrange [0:*]
set yrange [0:*]
set key bottom right samplen 2 spacing 1.1 font ",10"
do for [i = 1:3] {
    set title word(shops, i)." shop" font ",13"
    plot for [m = words(model_names):1:-1] sprintf("< awk -F, '$2 == \"%s\" && $4 == \"%s\"' %s/budget.csv", word(shops, i), \
        word(model_names, m), folder) using 5:6 with lines ls m title word(model_names, m)
    unset key
}
unset multiplot
