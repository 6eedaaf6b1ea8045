#include "experiments/lab/figure.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "experiments/lab/figure_content.h"
#include "experiments/lab/figure_script.h"
#include "experiments/lab/files.h"
#include "experiments/lab/gnuplot.h"
#include "experiments/lab/shell_word.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;
using Status = DrawOutcome::Status;

std::atomic<bool> is_figure_lost{false};

[[noreturn]] void refuse(const Figure& figure, const std::string& what) {
    throw std::invalid_argument("figure \"" + figure.stem + "\": " + what);
}

bool is_colour(const std::string& text) {
    return text.size() == 7 && text[0] == '#' &&
           text.find_first_not_of("0123456789abcdefABCDEF", 1) == text.npos;
}

bool breaks_a_line(const std::string& text) { return text.find_first_of("\t\r\n") != text.npos; }

bool is_file_name(const std::string& stem) {
    const char* allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !stem.empty() && stem[0] != '.' && stem[0] != '-' &&
           stem.find_first_not_of(allowed) == stem.npos;
}

void check_series(const Figure& figure, const Series& series) {
    const std::size_t size = series.x.size();
    const std::string who = "series \"" + series.name + "\": ";
    const auto count = [](const std::vector<double>& values) {
        return std::to_string(values.size());
    };
    if (series.y.size() != size)
        refuse(figure, who + count(series.x) + " values of x, " + count(series.y) + " of y");
    if (series.low.size() != series.high.size() ||
        (!series.low.empty() && series.low.size() != size))
        refuse(figure, who + count(series.low) + " values of low, " + count(series.high) +
                           " of high, " + count(series.x) + " of x");
    if (!series.shade.empty() && (series.shade.size() != size || series.mark != Mark::points))
        refuse(figure, who + "shade is for points, one value each");
    if (!series.colour.empty() && !is_colour(series.colour))
        refuse(figure, who + "colour \"" + series.colour + "\" is not of the form #rrggbb");
}

void check(const Figure& figure) {
    if (!is_file_name(figure.stem))
        refuse(figure, "a stem has letters, digits, . _ - and starts with a letter or digit");
    if (figure.panels.empty()) refuse(figure, "it has no panel");
    if (figure.columns < 1) refuse(figure, "columns must be at least 1");
    std::vector<std::string> texts{figure.title, figure.subtitle, figure.x.label};
    const auto add_ticks = [&](const Axis& axis) {
        for (const Tick& tick : axis.ticks) texts.push_back(tick.label);
    };
    add_ticks(figure.x);
    for (const Panel& panel : figure.panels) {
        texts.insert(texts.end(), {panel.title, panel.y.label, panel.colours.label});
        add_ticks(panel.y);
        for (const Series& series : panel.series) {
            check_series(figure, series);
            texts.push_back(series.name);
        }
        for (const Reference& reference : panel.references) {
            texts.push_back(reference.label);
            if (!is_colour(reference.colour))
                refuse(figure,
                       "reference colour \"" + reference.colour + "\" is not of the form #rrggbb");
        }
        if (panel.heat_map) {
            const HeatMap& map = *panel.heat_map;
            if (map.value.size() != map.x.size() * map.y.size())
                refuse(figure, "heat map: " + std::to_string(map.value.size()) + " values for " +
                                   std::to_string(map.x.size()) + " x " +
                                   std::to_string(map.y.size()) + " cells");
            for (const auto* centres : {&map.x, &map.y})
                if (!std::is_sorted(centres->begin(), centres->end(), std::less_equal<>()))
                    refuse(figure, "heat map: x and y must increase");
        }
    }
    for (const std::string& text : texts)
        if (breaks_a_line(text))
            refuse(figure, "the text \"" + text + "\" holds a line break or tab");
}

// The last bytes of a file, for the closing tag of SVG and the closing chunk of PNG.
std::string tail(const fs::path& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                               &std::fclose);
    if (!file) return "";
    char bytes[32];
    if (std::fseek(file.get(), -static_cast<long>(sizeof bytes), SEEK_END) != 0)
        std::rewind(file.get());  // a shorter file
    return {bytes, std::fread(bytes, 1, sizeof bytes, file.get())};
}

// True if gnuplot wrote this file to its end, after the script.
bool is_whole(const fs::path& path, const fs::path& script) {
    std::error_code error;
    const fs::file_time_type drawn = fs::last_write_time(path, error);
    if (error) return false;
    const fs::file_time_type written = fs::last_write_time(script, error);
    if (error || drawn < written) return false;
    const std::string end = tail(path);
    if (path.extension() == ".png") return end.find("IEND") != end.npos;
    return end.find("</svg>") != end.npos;
}

DrawOutcome attempt(const fs::path& folder, const std::string& stem, double limit_seconds) {
    if (!is_file_name(stem)) throw std::invalid_argument("\"" + stem + "\" is no stem of a figure");
    const fs::path script = folder / (stem + ".gp");
    const fs::path outputs[] = {folder / (stem + ".svg"), folder / (stem + ".png")};
    std::error_code error;
    for (const char* extension : {".gp", ".tsv"})
        if (!fs::exists(folder / (stem + extension), error))
            return {Status::failed, script, "there is no " + stem + extension,
                    "the run that should have written it has to be repeated"};
    for (const fs::path& output : outputs) fs::remove(output, error);

    const GnuplotEnd gnuplot = load_in_gnuplot(folder, stem, limit_seconds);
    const std::string by_hand = shell_in_folder(folder.string(), "gnuplot " + stem + ".gp");
    const std::string complaint = gnuplot.complaint.empty() ? "" : ": " + gnuplot.complaint;
    if (gnuplot.status == GnuplotEnd::Status::missing)
        return {Status::no_gnuplot, script, gnuplot.complaint,
                "install gnuplot (Debian: gnuplot-nox), then: " + by_hand};
    if (gnuplot.status == GnuplotEnd::Status::late)
        return {Status::late, script,
                "gnuplot was ended after " + format_number(limit_seconds) + " s" + complaint,
                "see what it waits for: " + by_hand};
    for (const fs::path& output : outputs)
        if (gnuplot.status != GnuplotEnd::Status::finished || !is_whole(output, script))
            return {Status::failed, script,
                    "gnuplot gave no whole " + output.filename().string() + complaint,
                    "see what it says: " + by_hand};
    return {Status::drawn, script, "", ""};
}

}  // namespace

std::string okabe_ito(int index) {
    static constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73",
                                               "#CC79A7", "#E69F00", "#56B4E9"};
    constexpr int kCount = static_cast<int>(std::size(kColours));
    return kColours[((index % kCount) + kCount) % kCount];
}

std::string ramp(double t) {
    // Of even steps in lightness, from the scale "viridis" without its yellow end, which is too
    // light for lines on white.
    static constexpr int kStops[][3] = {{68, 1, 84},    {65, 68, 135},  {42, 120, 142},
                                        {34, 168, 132}, {122, 209, 81}, {189, 205, 40}};
    constexpr int kLast = static_cast<int>(std::size(kStops)) - 1;
    const double place = std::isfinite(t) ? std::clamp(t, 0.0, 1.0) * kLast : 0;
    const int stop = std::min(static_cast<int>(place), kLast - 1);
    int rgb[3];
    for (int i = 0; i < 3; ++i)
        rgb[i] = static_cast<int>(std::lround(
            kStops[stop][i] + (place - stop) * (kStops[stop + 1][i] - kStops[stop][i])));
    char text[8];
    std::snprintf(text, sizeof text, "#%02x%02x%02x", rgb[0] & 255, rgb[1] & 255, rgb[2] & 255);
    return text;
}

Panel& Figure::add_panel(Axis y, std::string panel_title) {
    panels.emplace_back();
    panels.back().y = std::move(y);
    panels.back().title = std::move(panel_title);
    return panels.back();
}

bool write_figure(const Figure& figure, const fs::path& folder) {
    check(figure);
    const Figure shown = without_blank_panels(figure);
    if (shown.panels.empty()) {
        std::error_code ignored;  // what an earlier drawing left must not pass for this one
        for (const char* extension : {".tsv", ".svg", ".png", ".gp"})
            fs::remove(folder / (figure.stem + extension), ignored);
        return false;
    }
    const FigureTexts texts = write_figure(shown);
    create_folder(folder);
    // The script first: it tells whose the other files are (run_files.h).
    write_atomically(folder / (figure.stem + ".gp"), texts.script);
    write_atomically(folder / (figure.stem + ".tsv"), texts.data);
    return true;
}

DrawOutcome draw(const Figure& figure, const fs::path& folder) {
    if (!write_figure(figure, folder))
        return {Status::blank, folder / (figure.stem + ".gp"), "there is nothing to draw", ""};
    return redraw(folder, figure.stem);
}

DrawOutcome redraw(const fs::path& folder, const std::string& stem, double limit_seconds) {
    DrawOutcome outcome = attempt(folder, stem, limit_seconds);
    if (!outcome.is_drawn() && draws_figures()) is_figure_lost = true;
    return outcome;
}

bool has_lost_figures() { return is_figure_lost; }

}  // namespace dualtape::lab
