# lift.gp - of all who came, how many are among the most probable so many keys.
load "source/panels.gp"
set multiplot layout rows, columns title "Lift: share of those who came (up) among the most probable keys (across)" font ",15"
set xrange [0:0.5]
set yrange [0:1]
set format "%g"
set key bottom right samplen 2 spacing 1.1 font ",10"
do for [i = 1:count] {
    set title title_of(i) font ",13"
    plot x notitle ls 9, \
        for [m = words(model_names):1:-1] rows_of("lift", i, word(model_names, m)) using 5:6 with lines ls m title word(model_names, m)
    unset key
}
unset multiplot
