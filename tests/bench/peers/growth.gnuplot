# SPDX-License-Identifier: BSD-2-Clause
# Draws the rows of bench.csv that grow. Variables: csv, out (a path without its extension), kind ("svg" or "png").
set datafile separator ","
if (kind eq "svg") { set terminal svg size 1000,700 dynamic background rgb "white" } else { set terminal pngcairo size 1000,700 }
set output out . "." . kind
set multiplot layout 2,2
set logscale xy
set grid
set key top left
set style data linespoints
of(row, peer) = sprintf("< awk -F, '$1 == \"%s\" && $3 == \"%s\" && $5 == \"ns\"' %s", row, peer, csv)
do for [row in "'timers in order' 'timers in random order' 'a drain in random order' 'an event beside drains'"] {
    set title row . " (ns each)"
    set yrange [1:100000]
    peers = row eq "an event beside drains" ? "slogout libev" : row eq "a drain in random order" ? "slogout libevent libuv" : \
        "slogout libevent 'libevent common' libev libuv timerfd"
    plot for [peer in peers] of(row, peer) using 2:4 title peer
}
unset multiplot
