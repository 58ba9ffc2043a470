# SPDX-License-Identifier: BSD-2-Clause
# How often a client is moved, and how full a server gets, when the servers of a fleet restart one after the other. Lines
# are the closed forms, points the simulation. Run from the top of the tree, with `build`, and `format` set to svg or png.

if (format eq 'svg') {
    set terminal svg size 1200,560 font 'sans,14' background 'white' noenhanced
} else {
    set terminal pngcairo size 1200,560 font 'sans,11' background 'white' noenhanced
}
set output build.'/rollout.'.format
set datafile separator ','
file = build.'/sim/rollout.csv'

# Colors of Okabe and Ito, which readers with any color vision tell apart; the shapes of the points differ too.
any = '#d55e00'
fewest = '#0072b2'
spare = '#009e73'
restarted = '#cc79a7'

set logscale x
set xrange [2.5:120]
set xtics (3, 10, 30, 100) nomirror
set ytics nomirror
set border 3 lc rgb '#999999'
set tics textcolor rgb '#555555' scale 0.5
set xlabel 'servers'
set grid ytics lc rgb '#dddddd'
harmonic(n) = log(n) + 0.5772157 + 1 / (2 * n)

# The simulated column of one balancer (its number in the file) and number of spares.
simulated(balancer, spares, column) = sprintf("< awk -F, '$3 == %d && $2 == %d { print $1 \",\" $%d }' %s", balancer, spares, column, file)

set multiplot layout 1,2 title 'Restarting the servers of a fleet, one after the other' font ',16' \
    margins 0.06,0.98,0.24,0.88 spacing 0.08
set key off
set title 'How often a client is moved, on average'
set ylabel 'moves'
set yrange [0.9:1.9]
plot (x - 1) / x * ((x / (x - 1)) ** x - 1) lw 2 lc rgb any, 1 + 1 / x lw 2 lc rgb fewest, 1 lw 2 lc rgb spare, \
     simulated(0, 0, 4) using 1:2 pt 7 ps 0.9 lc rgb any, simulated(2, 0, 4) using 1:2 pt 9 ps 1.8 lc rgb restarted, \
     simulated(3, 0, 4) using 1:2 pt 5 ps 0.7 lc rgb fewest, simulated(3, 1, 4) using 1:2 pt 13 ps 1.1 lc rgb spare

set title 'The fullest server, compared with its share'
set ylabel 'shares'
set yrange [0.8:6]
set key at screen 0.5,0.07 center center horizontal maxrows 2 width 2 samplen 2
plot (x / (x - 1)) ** (x - 1) lw 2 lc rgb any notitle, x / (x - 1) lw 2 lc rgb fewest notitle, 1 lw 2 lc rgb spare notitle, \
     x / (x - 1) * harmonic(x - 1) lw 2 lc rgb restarted notitle, \
     simulated(0, 0, 8) using 1:2 with points pt 7 ps 0.9 lc rgb any title 'a login goes to any server', \
     simulated(2, 0, 8) using 1:2 with points pt 9 ps 1.2 lc rgb restarted title 'to restarted servers, at random', \
     simulated(3, 0, 8) using 1:2 with points pt 5 ps 0.7 lc rgb fewest title 'to the server with the fewest sessions', \
     simulated(3, 1, 8) using 1:2 with points pt 13 ps 1.1 lc rgb spare title 'the same, with one spare server'
unset multiplot
