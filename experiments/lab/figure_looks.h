#pragma once
// How each series of a figure looks: colour, marker, dash, and its entry in the legend.

#include <string>
#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/lab/figure_layout.h"

namespace dualtape::lab {

std::string dash_style(Dash dash);  // "dt (7,4)"

// Series are named by panel and position. The same name has the same colour in all panels; each
// colour has its own marker, so that figures can be read without colours.
class FigureLooks {
  public:
    explicit FigureLooks(const Figure& figure);

    const std::string& colour(std::size_t panel, std::size_t series) const;
    bool has_markers(std::size_t panel, std::size_t series) const;
    std::string line_style(std::size_t panel, std::size_t series) const;   // "lc ... lw ... dt ..."
    std::string point_style(std::size_t panel, std::size_t series) const;  // "pt ... ps ... lc ..."

    // Per panel; an entry that an earlier panel has is not repeated. A grid has one legend, the
    // first.
    std::vector<Legend> legends() const;

  private:
    struct Look {
        std::string colour;
        int mark_type = 0;
    };

    std::string key_style(std::size_t panel, std::size_t series) const;

    const Figure& figure_;
    std::vector<std::vector<Look>> looks_;
    bool needs_markers_ = false;
};

}  // namespace dualtape::lab
