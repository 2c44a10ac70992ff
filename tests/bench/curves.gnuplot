# Draws the curves of scripts/bench: checks a second (left, solid), and on the right what 10,000 of them take of the
# processors (dashed) or, beside logins, of which the processor time cannot be told apart, their 99th percentile (dotted).
# usage: gnuplot -c curves.gnuplot DIRECTORY-OF-POINTS PICTURE
set terminal svg size 1080,380 dynamic font "sans-serif,13" background rgb "white"
set output ARG2
set multiplot layout 1,3
set grid ytics linecolor rgb "#dddddd"
set border linecolor rgb "#666666"
set tics nomirror
set y2tics
set yrange [0:*]
set y2range [0:*]
set format y "%'.0f"
set format y2 "%.1f"
set ylabel "checks a second"
set y2label "CPU s for 10,000 (dashed)"
unset key
rate = "using 1:2 axes x1y1 with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor rgb '#1f5fa8'"
cpu = "using 1:8 axes x1y2 with linespoints linewidth 2 dashtype 2 pointtype 6 pointsize 0.6 linecolor rgb '#b8541a'"
slow = "using 1:4 axes x1y2 with linespoints linewidth 2 dashtype 3 pointtype 4 pointsize 0.6 linecolor rgb '#6a3d9a'"
set logscale x 10
set format x "10^{%L}"
set title "sessions (64 connections)"
file = ARG1 . "/sessions.points"
plot file @rate, file @cpu
set logscale x 4
set format x "%.0f"
set title "connections"
file = ARG1 . "/connections.points"
plot file @rate, file @cpu
unset logscale x
set format y2 "%.0f"
set y2label "99th percentile, ms (dotted)"
set xrange [0:*]
set title "logins beside (64 connections)"
file = ARG1 . "/logins.points"
plot file @rate, file @slow
unset multiplot
