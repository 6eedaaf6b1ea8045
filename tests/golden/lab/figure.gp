# Draws loss.svg and .png from loss.tsv:
#   gnuplot loss.gp
# Needs gnuplot 5.4. For a PDF, add the word pdf to the list of formats.
reset
set decimalsign '.'  # what the start-up file of a user may have changed
set encoding utf8
set minussign
set datafile separator tab
data = 'loss.tsv'
of(series, x) = $2 == series ? x : NaN  # the rows of one series
do for [format in "svg png"] {
    if (format eq 'svg') {
        set terminal svg enhanced size 640,544 background '#ffffff' font 'DejaVu Sans,Verdana,Arial,sans-serif,12'
    }
    if (format eq 'png') {
        set terminal pngcairo enhanced size 1280,1088 background '#ffffff' font 'DejaVu Sans,12' \
            fontscale 1.5 linewidth 2 pointscale 2 dashlength 1.5
    }
    if (format eq 'pdf') {
        set terminal pdfcairo enhanced size 6.4in,5.44in font 'DejaVu Sans,12' \
            fontscale 0.72 linewidth 0.72 pointscale 0.72
    }
    set output 'loss.'.format
    unset label  # those of the format before
    set multiplot
    set grid xtics ytics lc rgb '#e4e4e4' lw 0.8 dt 1 back
    set colorsequence podo
    set style fill solid 1 noborder
    set label 1 'Test loss falls after train loss' at screen 0.0187, screen 0.9608 left front font 'DejaVu Sans:Bold,15' textcolor rgb '#111111'
    set label 2 '(x + y) mod 7, 3 seeds' at screen 0.0187, screen 0.9275 left front font ',12' textcolor rgb '#555555'

    # panel 1
    set border 3 lc rgb '#444444' lw 1
    set tics nomirror out scale 0.6,0.3 font ',11' textcolor rgb '#222222'
    set lmargin at screen 0.1139
    set rmargin at screen 0.9719
    set tmargin at screen 0.8529
    set bmargin at screen 0.5110
    set logscale x
    set xrange [0.9332543:107.15193]
    set xtics nomirror norotate offset 0,0.4 ('' 1, '' 2 1, '' 3 1, '' 4 1, '' 5 1, '' 6 1, '' 7 1, '' 8 1, '' 9 1, '' 10, '' 20 1, '' 30 1, '' 40 1, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '' 100)
    set logscale y
    set yrange [0.015710301:3.1826253]
    set ytics nomirror ('' 0.02 1, '' 0.03 1, '' 0.04 1, '' 0.05 1, '' 0.06 1, '' 0.07 1, '' 0.08 1, '' 0.09 1, '0.1' 0.1, '' 0.2 1, '' 0.3 1, '' 0.4 1, '' 0.5 1, '' 0.6 1, '' 0.7 1, '' 0.8 1, '' 0.9 1, '1' 1, '' 2 1, '' 3 1)
    set label 100 'cross-entropy (nats)' at screen 0.0312, graph 0.5 center rotate by 90 front
    unset arrow
    unset object
    set key at screen 0.1139, screen 0.8603 left bottom horizontal maxcols 2 width 1 Left reverse font ',11' samplen 2 spacing 1.2 noautotitle
    unset colorbox
    plot data skip 1 using (of(1, $3)):($6 < 0.015710301 ? NaN : $5 < 0.015710301 ? 0.015710301 : $5):($6 < 0.015710301 ? NaN : $6 < 0.015710301 ? 0.015710301 : $6) with filledcurves fc rgb '#0072B2' fs transparent solid 0.2 noborder notitle, \
        data skip 1 using (of(1, $3)):($4) with lines lc rgb '#0072B2' lw 1.8 dt 1 notitle, \
        data skip 1 using (of(2, $3)):($4) with lines lc rgb '#D55E00' lw 1.8 dt (7,4) notitle, \
        keyentry with lines lc rgb '#0072B2' lw 1.8 dt 1 title 'train', \
        keyentry with lines lc rgb '#D55E00' lw 1.8 dt (7,4) title 'test'

    # panel 2
    unset label
    set border 3 lc rgb '#444444' lw 1
    set tics nomirror out scale 0.6,0.3 font ',11' textcolor rgb '#222222'
    set lmargin at screen 0.1139
    set rmargin at screen 0.9719
    set tmargin at screen 0.4412
    set bmargin at screen 0.0993
    set logscale x
    set xrange [0.9332543:107.15193]
    set xtics nomirror norotate offset 0,0.4 ('1' 1, '' 2 1, '' 3 1, '' 4 1, '' 5 1, '' 6 1, '' 7 1, '' 8 1, '' 9 1, '10' 10, '' 20 1, '' 30 1, '' 40 1, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '100' 100)
    unset logscale y
    sy(v) = asinh(v / 1) / log(10)  # symmetric logarithm
    set yrange [-0.51696651:2.4352317]
    set ytics nomirror ('0' 0, '10^{0}' 0.38277569, '10^{1}' 1.3021117, '10^{2}' 2.3010409, '−10^{0}' -0.38277569)
    set label 102 'step' at screen 0.5429, screen 0.0349 center front
    set label 100 'λ_{max}' at screen 0.0312, graph 0.5 center rotate by 90 front
    unset arrow
    unset object
    set object 1 rectangle from graph 0, first -0.38277569 to graph 1, first 0.38277569 behind fc rgb '#f0f0f0' fs solid noborder  # the linear zone
    set arrow from graph 0, first 0 to graph 1, first 0 nohead back lc rgb '#888888' lw 1 dt 1
    set arrow from graph 0, first 2.0000434 to graph 1, first 2.0000434 nohead back lc rgb '#444444' lw 1.2 dt (2,3)
    set key at screen 0.1139, screen 0.4485 left bottom horizontal maxcols 2 width 1 Left reverse font ',11' samplen 2 spacing 1.2 noautotitle
    unset colorbox
    plot data skip 1 using (of(3, $3)):(sy($4)) with lines lc rgb '#009E73' lw 1.8 dt 1 notitle, \
        keyentry with lines lc rgb '#009E73' lw 1.8 dt 1 title 'depth 1', \
        keyentry with lines lc rgb '#444444' lw 1.2 dt (2,3) title '2/lr'
    unset multiplot
    unset output  # completes the file
}
