#pragma once
// STEM.tsv of a figure: the numbers that are drawn, one row per point or cell.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/lab/figure_axis.h"
#include "experiments/lab/figure_looks.h"

namespace dualtape::lab {

// Room along x for the bars of all series at one place: the least distance of two places.
double bar_slot(const Panel& panel);

// Edges of cells around their centres: half-way between neighbours in the units of the axis.
std::vector<double> cell_edges(const std::vector<double>& centres, Scale scale);

bool has_colour_scale(const Panel& panel);  // a heat map or shaded points

// Long lines without the points that nobody can see: of those in one half-pixel along x the first,
// the last, the lowest and the highest stay. Lines up to 2000 points are as they were.
Figure without_hidden_points(const Figure& figure, const AxisView& x);

// Lines with a gap wherever two neighbouring points lie on either side of the linear zone of a
// symlog x axis: nothing is known in it, so nothing is drawn across.
Figure broken_at_zero(Figure figure, const AxisView& x);

class FigureData {
  public:
    // Columns that no part of the figure needs are left out. `name` stands last, as quotes in it
    // would disturb gnuplot's reader of what follows.
    FigureData(const Figure& figure, const FigureLooks& looks, const AxisView& x,
               const std::vector<AxisView>& y);

    const std::string& text() const { return text_; }
    std::string column(const std::string& name) const;           // "$5"
    int series_id(std::size_t panel, std::size_t series) const;  // its number in column "series"
    std::pair<int, int> heat_map_rows(std::size_t panel) const;  // the first is row 0
    int heat_map_id(std::size_t panel) const;                    // follows those of the panel

  private:
    void add_row(std::map<std::string, std::string>& cells);
    void add_heat_map(const Panel& panel, std::map<std::string, std::string> cells);

    const Figure& figure_;
    std::vector<std::string> columns_;
    std::string text_;
    std::vector<int> rows_before_map_;  // by panel
};

}  // namespace dualtape::lab
