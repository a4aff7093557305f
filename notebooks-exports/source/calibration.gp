# calibration.gp - what was forecast and what came, by tenths of the keys.
load "source/panels.gp"
set multiplot layout rows, columns title "Calibration: share that came (up) by mean P(return) (across), tenths of the keys" font ",15"
set logscale xy
set xrange [0.001:1]
set yrange [0.001:1]
set format "%g"
set key top left samplen 2 spacing 1.1 font ",10"
do for [i = 1:count] {
    set title title_of(i) font ",13"
    plot x notitle ls 9, \
        for [m = 1:2] rows_of("calibration", i, word(model_names, m)) using 6:($7 > 0 ? $7 : NaN) with linespoints ls m title word(model_names, m)
    unset key
}
unset multiplot
