# SPDX-License-Identifier: BSD-2-Clause
# What the rest of the fleet sees when a server with 1,000,000 clients goes: one strip for each strategy, all with the
# same axes. Of each 5 seconds, the highest one is drawn. Run from the top of the tree, with `build`, `format` set to svg or
# png, and `capacity`.

if (format eq 'svg') {
    set terminal svg size 1200,1000 font 'sans,14' background 'white' noenhanced
} else {
    set terminal pngcairo size 1200,1000 font 'sans,11' background 'white' noenhanced
}
set output build.'/drain.'.format
set datafile separator ','

directory = build.'/sim/'
names = 'all-at-once nginx envoy phoenix emqx nats haproxy slogout'
field(name, n) = system(sprintf("sed -n 's/\"//g; s/^%s,/&/p' %ssummary.csv | cut -d, -f%s", name, directory, n))
number(name, n) = real(field(name, sprintf('%d', n)))
thousands(x) = x < 1e6 ? sprintf('%.1fk', x / 1e3) : sprintf('%.1fM', x / 1e6)

set logscale y
set yrange [10:5e6]
set xrange [0:800]
set ytics ('100' 100, '10k' 10000, '1M' 1000000) nomirror font ',9'
set xtics 0, 100 nomirror format '' font ',9'
set border 3 lc rgb '#999999'
set tics textcolor rgb '#555555' scale 0.5
set key off
# Shades of the colors of Okabe and Ito, which readers with any color vision tell apart.
good = '#00598c'
bad = '#b34f00'
grey = '#555555'
# One point for each 5 seconds of a column, or an empty line where nobody attempts to log in, which interrupts the curve.
highest(file, column) = sprintf("< awk -F, 'NR > 1 && $1 < 800 { if ($%d > most) most = $%d; if ($1 %% 5 == 4) ".\
    "{ print most ? $1 - 2 \",\" most : \"\"; most = 0 } }' %s", column, column, file)

set multiplot
set lmargin at screen 0.055
set rmargin at screen 0.76
set label 11 'Taking 1,000,000 IMAP clients off a server: login attempts per second at the rest of the fleet' \
    at screen 0.055,0.977 font ',15'
set label 12 sprintf('Area: clients that try again each second.  Line: clients that back off.  Dashed: what the '. \
    'fleet can take, %d/s.  Dotted: the deadline, 600 s.  Of each 5 s, the highest one is drawn.', capacity) at screen 0.055,0.95 font ',10' tc rgb grey

do for [i = 1:words(names)] {
    name = word(names, i)
    peak = number(name, 3) > number(name, 4) ? number(name, 3) : number(name, 4)
    kept = field(name, '8') eq 'yes'
    untold = number(name, 7) > 0
    ours = name eq 'slogout'

    set tmargin at screen 0.908 - (i - 1) * 0.1105
    set bmargin at screen 0.908 - (i - 1) * 0.1105 - 0.077
    set label 1 field(name, '9-') at graph 0.003,1.16 font (ours ? 'sans:Bold,12' : 'sans,12')
    set label 2 'peak '.thousands(peak).' attempts/s' at graph 1.02,0.86 font ',11' tc rgb (peak > capacity ? bad : good)
    set label 3 sprintf('empty after %.0f s%s', number(name, 5), kept ? '' : ': too late') \
        at graph 1.02,0.5 font ',11' tc rgb (kept ? good : bad)
    set label 4 (untold ? 'cut without a word' : ours ? 'asked to leave, or told by BYE' : 'told, not asked') \
        at graph 1.02,0.14 font ',11' tc rgb (untold ? bad : ours ? good : grey)
    set arrow 1 from 600,10 to 600,5e6 nohead dt 3 lw 1.5 lc rgb '#666666'
    set arrow 2 from 0,capacity to 800,capacity nohead dt 2 lc rgb '#666666'
    if (i == words(names)) {
        set xtics format '%.0f s'
        set xlabel 'time since the server began to empty itself' font ',10' tc rgb grey offset 0,0.6
    }
    file = directory.name.'.csv'
    plot highest(file, 4) using 1:2 with filledcurves above y=10 fs solid noborder lc rgb (ours ? '#9ccbe8' : '#f2c4a0'), \
         highest(file, 5) using 1:2 with lines lw 1.5 lc rgb '#222222'
    unset label 11
    unset label 12
}
unset multiplot
