# SPDX-License-Identifier: BSD-2-Clause
# What the rest of the fleet sees when a server with 1,000,000 clients goes: one strip for each strategy, all with the
# same axes. Run from the top of the tree, with `format` set to svg or png, and `capacity`.

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
set boxwidth 1.15
good = '#1a7f37'
bad = '#b3261e'
grey = '#555555'

set multiplot
set lmargin at screen 0.055
set rmargin at screen 0.76
set label 11 'Taking 1,000,000 IMAP clients off a server: log-in attempts per second at the rest of the fleet' \
    at screen 0.055,0.977 font ',15'
set label 12 sprintf('Area: clients that try again each second.  Points: clients that back off.  Dashed: what the '. \
    'fleet can take, %d/s.  Dotted: the deadline, 600 s.', capacity) at screen 0.055,0.95 font ',10' tc rgb grey

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
    }
    file = directory.name.'.csv'
    plot file skip 1 using 1:($4 > 0 ? $4 : 1/0) with boxes fs solid noborder lc rgb (ours ? '#a9d5b5' : '#e8a09a'), \
         file skip 1 using 1:($5 > 0 ? $5 : 1/0) with points pt 7 ps 0.2 lc rgb '#1f4e9c'
    unset label 11
    unset label 12
}
unset multiplot
