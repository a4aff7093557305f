# panels.gp - what the plots share: a page of panels, one for each set and entity of metrics.csv.
sets = system("tail -n +2 ".folder."/metrics.csv | cut -d, -f2,3 | awk '!seen[$0]++' | tr ',' '_'")
count = words(sets)
columns = 4
rows = (count + columns - 1) / columns
set terminal svg size 1200, 60 + 300 * rows font "DejaVu Sans,12" background "white"
set datafile separator ","
set style line 1 lc rgb "#1b6ca8" lw 2.5 pt 7 ps 0.7
set style line 2 lc rgb "#d1603d" lw 2 pt 5 ps 0.6
set style line 3 lc rgb "#3d8b57" lw 1.5 pt 9 ps 0.6
set style line 4 lc rgb "#8e6bbf" lw 1.5 pt 11 ps 0.6
set style line 5 lc rgb "#777777" lw 1.5 pt 13 ps 0.6
set style line 9 lc rgb "#bbbbbb" lw 1 dt 2
set grid lc rgb "#e5e5e5"
set tics font ",10"
model_names = "auto bgnbd decayed recency frequency"
set_of(i) = word(sets, i)[1:strstrt(word(sets, i), "_") - 1]
entity_of(i) = word(sets, i)[strstrt(word(sets, i), "_") + 1:*]
title_of(i) = set_of(i)." ".entity_of(i)."s"
# Rows of one set, entity and model out of a table.
rows_of(table, i, model) = sprintf("< awk -F, '$2 == \"%s\" && $3 == \"%s\" && $4 == \"%s\"' %s/%s.csv", \
    set_of(i), entity_of(i), model, folder, table)
