#pragma once
// Figures: a declarative description, drawn by gnuplot as SVG and PNG.
//
//   Figure figure;
//   figure.stem = "loss_vs_steps";
//   figure.title = "Test loss falls long after train loss";
//   figure.subtitle = "(x + y) mod 97, depth 2, 3 seeds";
//   figure.x = {.label = "step", .scale = Scale::log};
//   Panel& panel = figure.add_panel({.label = "cross-entropy (nats)", .scale = Scale::log});
//   panel.series.push_back({.name = "train", .x = steps, .y = train});
//   panel.series.push_back({.name = "test", .x = steps, .y = test, .dash = Dash::dashed});
//   DrawOutcome outcome = draw(figure, run_folder / "figures");
//
// All texts are plain Unicode, except that _{...} and ^{...} set sub- and superscripts. Values
// that an axis cannot show (nan, inf, not positive on a log axis) leave a gap. Every member has an
// initialiser: a description names only what it needs.

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dualtape::lab {

enum class Scale {
    linear,
    log,    // positive values only
    symlog  // linear around zero, logarithmic beyond on both sides; the linear zone is marked, and
            // on the x axis no line crosses it without a point in it
};

struct Tick {
    double position = 0;
    std::string label{};
};

struct Axis {
    std::string label{};  // quantity and unit: "learning rate", "cross-entropy (nats)"
    Scale scale = Scale::linear;
    std::optional<double> min{}, max{};  // default: from what is drawn
    // Symlog only: the half-width of the linear zone. 0: chosen from the data, a power of ten.
    double linear_below = 0;
    std::vector<Tick> ticks{};  // categories, e.g. layer names; default: round numbers
};

enum class Mark {
    line,
    points,
    line_points,
    steps,  // constant from each x to the next: survival curves
    bars,
    sticks  // thin vertical lines from zero: line spectra
};
enum class Dash { solid, dashed, dotted, dash_dotted };
enum class Spread { band, bars };

// Colours as "#rrggbb". okabe_ito(i) repeats after six; ramp(t) runs from dark to light over
// t in [0, 1] and serves ordered series, e.g. depths; kGrey is for controls and backgrounds.
std::string okabe_ito(int index);
std::string ramp(double t);
inline constexpr const char* kGrey = "#888888";

struct Series {
    // Entry in the legend. Series of one panel may share a name: they then look the same and have
    // one entry (ten eigenvalues "top 10", chains of a sampler). Empty: no entry.
    std::string name{};
    std::vector<double> x{}, y{};
    // Interval around y over seeds, both empty or both as long as x.
    std::vector<double> low{}, high{};
    Mark mark = Mark::line;
    Dash dash = Dash::solid;
    Spread spread = Spread::band;
    // Empty: the same name gets the same colour in all panels of the figure.
    std::string colour{};
    // Points only: one value per point, shown as colour on the panel's colour scale.
    std::vector<double> shade{};
};

// A straight line across the panel; a label becomes an entry in the legend (equal ones share it).
struct Reference {
    enum class Kind { horizontal, vertical };
    Kind kind = Kind::horizontal;
    double at = 0;
    std::string label{};
    Dash dash = Dash::dotted;
    std::string colour = "#444444";
};

// Cells on a regular grid: value[row * x.size() + col] at (x[col], y[row]). nan cells stay blank.
struct HeatMap {
    std::vector<double> x{}, y{};
    std::vector<double> value{};
};

// The scale of heat maps and shaded points. diverging: blue - white - red around zero.
struct ColourScale {
    std::string label{};
    std::optional<double> min{}, max{};
    bool diverging = false;
    bool log = false;
};

struct Panel {
    std::string title{};  // short; empty in a figure of one panel
    Axis y{};
    std::vector<Series> series{};
    std::vector<Reference> references{};
    std::optional<HeatMap> heat_map{};
    ColourScale colours{};
    bool zero_line = false;  // always there on a symlog axis that shows zero
    bool has_ramp = false;   // series without colour take the ramp in their order: depths, widths
};

struct Figure {
    std::string stem{};          // file name without extension: letters, digits, . _ -
    std::string title{};         // what the figure shows, as a finding
    std::string subtitle{};      // the setting: task, model, number of seeds
    std::string caption{};       // how to read it; for the report
    std::string alt{};           // the content in a sentence for those who cannot see it
    Axis x{};                    // shared by all panels
    std::deque<Panel> panels{};  // a deque: references to panels stay valid while others are added
    // 1: panels stacked on one x axis; more: a grid of small multiples with about as many columns,
    // none of whose rows is a single panel.
    int columns = 1;
    // A grid of square heat maps on the colour scale of the first panel, drawn once.
    bool shared_colours = false;

    Panel& add_panel(Axis y, std::string panel_title = "");
};

struct DrawOutcome {
    enum class Status {
        drawn,
        blank,       // no panel shows anything (figure_content.h): no file is written
        no_gnuplot,  // not installed, or built without: .gp and .tsv are kept for later
        late,        // gnuplot was still at work, or waited for something, when it was ended
        failed       // gnuplot ran and gave no whole figure
    };
    Status status = Status::failed;
    std::filesystem::path script{};  // FOLDER/STEM.gp; the figures lie beside it
    std::string message{};           // what went wrong, with gnuplot's own line; empty if drawn
    std::string hint{};              // one next step; empty if drawn or blank

    bool is_drawn() const { return status == Status::drawn; }
};

// Writes STEM.tsv (only what is drawn) and STEM.gp (complete: `cd FOLDER && gnuplot STEM.gp`
// redraws). Panels that show nothing are left out; where all do, nothing is written, what an
// earlier drawing left is removed, and false is returned. The folder is created if need be. Throws
// std::invalid_argument if the description contradicts itself (lengths, names, limits), and
// InputError of kind run if the two files cannot be written.
bool write_figure(const Figure& figure, const std::filesystem::path& folder);

// Of one figure. On an idle machine one takes 0.06 s, so more is a gnuplot that hangs.
inline constexpr double kDrawSeconds = 30;

// write_figure, then has gnuplot make STEM.svg (640 x 400) and STEM.png (1280 x 800); more panels
// make both higher. A failed drawing is an outcome, never thrown. Throws as write_figure does.
DrawOutcome draw(const Figure& figure, const std::filesystem::path& folder);

// Draws from a STEM.gp and STEM.tsv that are already there: an old or an edited figure.
DrawOutcome redraw(const std::filesystem::path& folder, const std::string& stem,
                   double limit_seconds = kDrawSeconds);

// True once a figure of this program could not be drawn (a program that was built without figures
// misses none): its exit code says so.
bool has_lost_figures();

}  // namespace dualtape::lab
