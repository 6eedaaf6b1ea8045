// Figures: the two texts of a description, the drawing, and every way in which it can fail.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include <doctest/doctest.h>

#include "experiments/lab/child.h"
#include "experiments/lab/figure.h"
#include "experiments/lab/figure_script.h"
#include "experiments/lab/table.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;
namespace fs = std::filesystem;

namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

// A small figure with most of what there is: two panels, a log axis, a band, a reference.
Figure example() {
    Figure figure;
    figure.stem = "loss";
    figure.title = "Test loss falls after train loss";
    figure.subtitle = "(x + y) mod 7, 3 seeds";
    figure.x = {.label = "step", .scale = Scale::log};
    Panel& loss = figure.add_panel({.label = "cross-entropy (nats)", .scale = Scale::log});
    loss.series.push_back({.name = "train",
                           .x = {1, 10, 100},
                           .y = {2, 0.2, 0.02},
                           .low = {1.5, 0.1, 0},
                           .high = {2.5, 0.4, 0.04}});
    loss.series.push_back(
        {.name = "test", .x = {1, 10, 100}, .y = {2, kNan, 0.5}, .dash = Dash::dashed});
    Panel& curvature = figure.add_panel({.label = "λ_{max}", .scale = Scale::symlog});
    curvature.series.push_back({.name = "depth 1", .x = {1, 10, 100}, .y = {-1, 10, 100}});
    curvature.references.push_back({.at = 50, .label = "2/lr"});
    return figure;
}

// A variable of the environment for the time of a test.
class Variable {
  public:
    Variable(std::string name, const std::string& value) : name_(std::move(name)) {
        if (const char* before = std::getenv(name_.c_str())) before_ = before;
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    ~Variable() {
        if (before_)
            ::setenv(name_.c_str(), before_->c_str(), 1);
        else
            ::unsetenv(name_.c_str());
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    std::string name_;
    std::optional<std::string> before_;
};

struct Path : Variable {
    explicit Path(const fs::path& path) : Variable("PATH", path.string()) {}
};

// A program named gnuplot that runs these lines instead.
void put_gnuplot(const fs::path& folder, const std::string& lines) {
    spit(folder / "gnuplot", "#!/bin/sh\n" + lines);
    fs::permissions(folder / "gnuplot", fs::perms::owner_all);
}

bool can_draw() {
    TemporaryFolder folder;
    const bool can = draw(example(), folder.path).is_drawn();
    if (!can) MESSAGE("not drawn: no gnuplot here");
    return can;
}

}  // namespace

TEST_CASE("script and table of a figure are as reviewed") {
    const FigureTexts texts = write_figure(example());
    check_golden("lab/figure.gp", texts.script);
    check_golden("lab/figure.tsv", texts.data);
}

TEST_CASE("where a legend on the right makes the plot narrow, labels of its x axis are left out") {
    Figure figure;
    figure.stem = "narrow";
    figure.x = {.scale = Scale::symlog, .linear_below = 1e-5};
    Panel& panel = figure.add_panel({});
    panel.series.push_back({.name = "alone", .x = {-0.5, 0.5}, .y = {0, 1}});
    CHECK(write_figure(figure).script.find("'−10^{−3}'") != std::string::npos);
    for (const char* name : {"one", "two", "three", "four", "single eigenpairs, last step"})
        panel.series.push_back({.name = name, .x = {-0.5, 0.5}, .y = {0, 1}});
    const std::string narrow = write_figure(figure).script;
    CHECK(narrow.find("'−10^{−2}'") != std::string::npos);
    CHECK(narrow.find("'−10^{−3}'") == std::string::npos);
}

TEST_CASE("the table holds exactly what is drawn") {
    TemporaryFolder folder;
    draw(example(), folder.path);
    const Table table = read_table(folder / "loss.tsv");
    CHECK(table.columns ==
          std::vector<std::string>{"panel", "series", "x", "y", "low", "high", "name"});
    CHECK(table.num_rows() == 9);
    CHECK(table.texts("name")[3] == "test");
    CHECK(std::isnan(table.numbers("y")[4]));
    CHECK(table.numbers("low")[2] == 0);
    CHECK(table.rows[3][4].empty());
}

TEST_CASE("a figure is drawn as SVG and PNG, and again by its script") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    const fs::path inner = folder / "it's a folder $HOME";
    const DrawOutcome outcome = draw(example(), inner);
    INFO(outcome.message);
    REQUIRE(outcome.is_drawn());
    CHECK(outcome.message.empty());
    CHECK(outcome.hint.empty());
    CHECK(outcome.script == inner / "loss.gp");
    const std::string svg = slurp(inner / "loss.svg");
    CHECK(svg.find("width=\"640\"") != std::string::npos);
    CHECK(svg.find("Test loss falls after train loss") != std::string::npos);
    CHECK(slurp(inner / "loss.png").substr(1, 3) == "PNG");
    // From here on only gnuplot: the script needs nothing but its table.
    fs::remove(inner / "loss.svg");
    const std::string command =
        "cd '" + folder.path.string() + "'/it*folder* && gnuplot loss.gp > /dev/null 2>&1";
    CHECK(std::system(command.c_str()) == 0);
    CHECK(slurp(inner / "loss.svg") == svg);
    CHECK(redraw(inner, "loss").is_drawn());
}

TEST_CASE("every kind of mark, scale and layout is drawn without complaint") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    const std::vector<double> x{1, 2, 3, 4}, y{1, 2, 1, 3}, low{0, 1, 0, 2}, high{2, 3, 2, 4};
    for (const Scale scale : {Scale::linear, Scale::log, Scale::symlog}) {
        for (const Mark mark :
             {Mark::line, Mark::points, Mark::line_points, Mark::steps, Mark::bars, Mark::sticks}) {
            for (const Spread spread : {Spread::band, Spread::bars}) {
                Figure figure;
                figure.stem = "a";
                figure.x = {.label = "x", .scale = scale};
                Panel& panel = figure.add_panel({.label = "y", .scale = scale});
                panel.zero_line = true;
                for (const char* name : {"one", "two", "two", ""})
                    panel.series.push_back({.name = name,
                                            .x = x,
                                            .y = y,
                                            .low = low,
                                            .high = high,
                                            .mark = mark,
                                            .spread = spread});
                panel.references.push_back({.at = -1, .label = "unreachable on a log axis"});
                panel.references.push_back({.kind = Reference::Kind::vertical, .at = 2});
                const DrawOutcome outcome = draw(figure, folder.path);
                INFO(static_cast<int>(scale), static_cast<int>(mark), outcome.message);
                CHECK(outcome.is_drawn());
            }
        }
        Figure maps;
        maps.stem = "maps";
        maps.columns = 2;
        maps.x = {.scale = scale};
        for (int i = 0; i < 3; ++i) {
            Panel& panel = maps.add_panel({.scale = scale}, "panel");
            panel.colours = {.label = "value", .diverging = i == 1, .log = i == 2};
            panel.heat_map = HeatMap{.x = {1, 2, 4}, .y = {1, 3}, .value = {1, 2, kNan, 4, 5, 6}};
            panel.series.push_back({.name = "on top", .x = {1}, .y = {1}, .mark = Mark::points});
        }
        CHECK(draw(maps, folder.path).is_drawn());
    }
}

TEST_CASE("a curve that hardly moves has an axis of its own range") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    for (const double value : {1.0, -1e-5, 12345.0, 1e20, 1e-290}) {
        for (const double change : {0.0, 1e-14, 1e-11, 1e-8, 1e-3}) {
            for (const Scale scale : {Scale::linear, Scale::symlog, Scale::log}) {
                if (scale == Scale::log && value <= 0) continue;
                INFO(value, " ", change, " ", static_cast<int>(scale));
                Figure figure;
                figure.stem = "flat";
                figure.x = {.label = "step"};
                Panel& panel = figure.add_panel({.label = "loss", .scale = scale});
                panel.series.push_back({.x = {0, 1, 2}, .y = {value, value * (1 + change), value}});
                const DrawOutcome outcome = draw(figure, folder.path);
                CHECK(outcome.message == "");
            }
        }
    }
}

TEST_CASE("a grid of heat maps may share one colour scale, that of all cells") {
    Figure maps;
    maps.stem = "maps";
    maps.columns = 2;
    for (int i = 0; i < 3; ++i) {
        Panel& panel = maps.add_panel({}, "panel");
        panel.heat_map = HeatMap{.x = {1, 2}, .y = {1, 2}, .value = {0, 1, 2, 100.0 * i}};
    }
    const auto count = [](const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) {
            ++found;
        }
        return found;
    };
    CHECK(count(write_figure(maps).script, " set colorbox") == 3);
    maps.shared_colours = true;
    const std::string script = write_figure(maps).script;
    CHECK(count(script, " set colorbox") == 1);
    CHECK(count(script, "set cbrange [0:200]") == 1);
}

TEST_CASE("any text can stand in a figure") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    const std::string odd = "50 % of 'a' \"b\" <i> & {x}_{y}^{z} \\ \\n @ ~ ` $1 # λ 日本";
    Figure figure;
    figure.stem = "odd";
    figure.title = figure.subtitle = odd;
    figure.x = {.label = odd, .ticks = {{1, odd}}};
    Panel& panel = figure.add_panel({.label = odd}, odd);
    panel.series.push_back({.name = odd, .x = {1}, .y = {1}, .shade = {}});
    panel.references.push_back({.at = 1, .label = odd});
    figure.add_panel({.label = odd}, odd);
    const DrawOutcome outcome = draw(figure, folder.path);
    INFO(outcome.message);
    REQUIRE(outcome.is_drawn());
    CHECK(slurp(folder / "odd.svg").find("&lt;i>") != std::string::npos);
    CHECK(read_table(folder / "odd.tsv").texts("name")[0] == odd);
}

TEST_CASE("without gnuplot script and table are kept, and one hint says how to go on") {
    TemporaryFolder folder;
    const Path empty(folder.path);
    const DrawOutcome outcome = draw(example(), folder / "figures");
    CHECK(outcome.status == DrawOutcome::Status::no_gnuplot);
    CHECK(outcome.hint.find("install gnuplot") != std::string::npos);
    CHECK(outcome.hint.find("gnuplot loss.gp") != std::string::npos);
    CHECK(fs::exists(folder / "figures/loss.gp"));
    CHECK(fs::exists(folder / "figures/loss.tsv"));
    CHECK_FALSE(fs::exists(folder / "figures/loss.svg"));
}

TEST_CASE("the name of a folder is never a command") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    for (const std::string name :
         {"a\n!touch PWNED\n#", "a'\n!touch PWNED\n#", "`touch PWNED`", "$(touch PWNED)",
          "a; touch PWNED", "a\" system('touch PWNED')", "@PWNED", "%d %s", "{/Symbol a}_b^c",
          "a\tb\r", "-e", "a\\\nb", "\xff"}) {
        INFO(name);
        // Also as a parent folder.
        for (const fs::path& place : {folder / name, folder / name / "figures"}) {
            const DrawOutcome outcome = draw(example(), place);
            INFO(outcome.message);
            CHECK(outcome.is_drawn());
            CHECK(redraw(place, "loss").is_drawn());
        }
    }
    for (const fs::path& searched : {folder.path, fs::current_path()})
        for (const auto& entry : fs::recursive_directory_iterator(searched))
            CHECK(entry.path().filename() != "PWNED");
    CHECK_THROWS_AS(redraw(folder.path, "loss.gp'; touch PWNED"), std::invalid_argument);
}

TEST_CASE("hints quote the folder for the shell") {
    TemporaryFolder folder;
    const Path empty(folder.path);
    const DrawOutcome outcome = draw(example(), folder / "it's\n$(here)");
    CHECK(contains(outcome.hint, "it\\'s\\012$(here)' && gnuplot loss.gp"));
    CHECK(outcome.hint.find('\n') == std::string::npos);
}

TEST_CASE("neither start-up file nor environment changes a figure") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    REQUIRE(draw(example(), folder.path).is_drawn());
    const std::string svg = slurp(folder / "loss.svg"), png = slurp(folder / "loss.png");
    const auto check_same = [&] {
        REQUIRE(draw(example(), folder.path).is_drawn());
        CHECK(slurp(folder / "loss.svg") == svg);
        CHECK(slurp(folder / "loss.png") == png);
    };
    fs::create_directory(folder / "home");
    {
        const Variable home("HOME", folder.path / "home");
        for (const char* line : {"exit", "set decimalsign ','", "set terminal dumb",
                                 "set output 'elsewhere'", "set datafile separator ';'",
                                 "set linetype 1 dashtype 2", "pause -1", "no such command"}) {
            INFO(line);
            spit(folder / "home/.gnuplot", std::string(line) + "\n");
            check_same();
        }
    }
    for (const char* name :
         {"GNUTERM", "GNUPLOT_LIB", "GNUPLOT_DEFAULT_GDFONT", "GNUPLOT_FONTPATH",
          "GNUPLOT_DRIVER_DIR", "GDFONTPATH", "LC_ALL", "LC_NUMERIC", "LANG", "FONTCONFIG_FILE"}) {
        INFO(name);
        const Variable variable(name, std::string(name).starts_with("L") ? "de_DE.UTF-8" : "dumb");
        check_same();
    }
}

#ifdef DUALTAPE_FIGURES

TEST_CASE("a script resets what the start-up file of a user has changed, where gnuplot reads one") {
    const fs::path gnuplot = find_program("gnuplot");
    if (gnuplot.empty() || !can_draw()) return;
    TemporaryFolder folder;
    REQUIRE(draw(example(), folder.path).is_drawn());
    const std::string svg = slurp(folder / "loss.svg");
    spit(folder / ".gnuplot", "set decimalsign ','\nset datafile separator ';'\nset logscale y\n");
    const ChildEnd by_hand = run_child({.program = gnuplot.string(),
                                        .arguments = {"loss.gp"},
                                        .folder = folder.path,
                                        .environment = std::vector<std::string>{
                                            "HOME=" + folder.path.string(), "LC_ALL=C.UTF-8"}});
    CHECK(by_hand.code == 0);
    CHECK(slurp(folder / "loss.svg") == svg);
}

TEST_CASE("a gnuplot that hangs or waits is ended, and its message is told") {
    TemporaryFolder folder;
    draw(example(), folder / "figures");
    const Path only_ours(folder.path);
    put_gnuplot(folder.path, "echo no font server >&2\nwhile :; do :; done\n");
    const DrawOutcome outcome = redraw(folder / "figures", "loss", 0.2);
    CHECK(outcome.status == DrawOutcome::Status::late);
    CHECK(outcome.message == "gnuplot was ended after 0.2 s: no font server");
    CHECK(contains(outcome.hint, "gnuplot loss.gp"));
    CHECK(has_lost_figures());
}

TEST_CASE("a script that waits for a key is not waited for") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    REQUIRE(draw(example(), folder.path).is_drawn());
    spit(folder / "loss.gp", slurp(folder / "loss.gp") + "pause -1 'press a key'\n");
    CHECK(redraw(folder.path, "loss").status != DrawOutcome::Status::late);
}

TEST_CASE("a script that fails is an outcome that carries gnuplot's line") {
    if (!can_draw()) return;
    TemporaryFolder folder;
    REQUIRE(draw(example(), folder.path).is_drawn());
    // The error comes after both files were opened: what was drawn before must not count.
    const std::string script = slurp(folder / "loss.gp");
    spit(folder / "loss.gp", script + "plot no_such_function(x)\n");
    const DrawOutcome outcome = redraw(folder.path, "loss");
    CHECK(outcome.status == DrawOutcome::Status::failed);
    CHECK(outcome.message.find("undefined function: no_such_function") != std::string::npos);
    CHECK(outcome.hint.find("gnuplot loss.gp") != std::string::npos);
    CHECK(redraw(folder.path, "none").status == DrawOutcome::Status::failed);
    fs::remove(folder / "loss.tsv");
    spit(folder / "loss.gp", script);
    CHECK(redraw(folder.path, "loss").message.find("loss.tsv") != std::string::npos);
}

TEST_CASE("a gnuplot that dies, says nothing or writes half a figure is an outcome") {
    TemporaryFolder folder;
    const fs::path figures = folder / "figures";
    const Path only_ours(folder.path);
    const auto outcome_of = [&](const std::string& lines) {
        put_gnuplot(folder.path, lines);
        return draw(example(), figures);
    };
    const std::string reads = "while read line; do :; done\n";
    const std::string finishes = "echo 'dualtape: errors 0' >&2\n";
    const std::string svg = "echo '</svg>' > '" + (figures / "loss.svg").string() + "'\n";
    const std::string png = "echo 'IEND' > '" + (figures / "loss.png").string() + "'\n";
    const std::string half = "echo '<svg>' > '" + (figures / "loss.svg").string() + "'\n";

    CHECK(outcome_of("exit 1\n").status == DrawOutcome::Status::failed);
    CHECK(outcome_of("exit 0\n").status == DrawOutcome::Status::failed);
    CHECK(outcome_of("exec <&-\nkill -9 $$\n").status == DrawOutcome::Status::failed);
    CHECK(outcome_of(reads + finishes).message == "gnuplot gave no whole loss.svg");
    CHECK(outcome_of(reads + svg + finishes).message == "gnuplot gave no whole loss.png");
    CHECK(outcome_of(reads + half + png + finishes).message == "gnuplot gave no whole loss.svg");
    CHECK(outcome_of(reads + svg + png).status == DrawOutcome::Status::failed);
    CHECK(outcome_of(reads + svg + png + "echo no font >&2\n").message.find(": no font") !=
          std::string::npos);
    const DrawOutcome whole = outcome_of(reads + svg + png + finishes);
    INFO(whole.message);
    CHECK(whole.is_drawn());
    // Old output never passes for new.
    CHECK_FALSE(outcome_of("exit 0\n").is_drawn());
    CHECK_FALSE(fs::exists(figures / "loss.svg"));
}

#endif

TEST_CASE("descriptions that contradict themselves are refused") {
    TemporaryFolder folder;
    const auto refuse = [&](auto change) {
        Figure figure = example();
        change(figure);
        CHECK_THROWS_AS(draw(figure, folder.path), std::invalid_argument);
    };
    refuse([](Figure& figure) { figure.stem = ""; });
    refuse([](Figure& figure) { figure.stem = "../loss"; });
    refuse([](Figure& figure) { figure.stem = "a b"; });
    refuse([](Figure& figure) { figure.panels.clear(); });
    refuse([](Figure& figure) { figure.columns = 0; });
    refuse([](Figure& figure) { figure.title = "two\nlines"; });
    refuse([](Figure& figure) { figure.panels[0].series[0].x.pop_back(); });
    refuse([](Figure& figure) { figure.panels[0].series[0].low.pop_back(); });
    refuse([](Figure& figure) { figure.panels[0].series[0].high.clear(); });
    refuse([](Figure& figure) { figure.panels[0].series[0].name = "a\tb"; });
    refuse([](Figure& figure) { figure.panels[0].series[0].colour = "red"; });
    refuse([](Figure& figure) { figure.panels[0].series[0].shade = {1, 2, 3}; });
    refuse([](Figure& figure) { figure.panels[1].references[0].colour = "'"; });
    refuse([](Figure& figure) { figure.x.min = -1; });
    refuse([](Figure& figure) { figure.panels[0].heat_map = HeatMap{{1, 2}, {1}, {1}}; });
    refuse([](Figure& figure) { figure.panels[0].heat_map = HeatMap{{2, 1}, {1}, {1, 1}}; });
}

TEST_CASE("colours repeat, ramps darken, names keep their colour in all panels") {
    CHECK(okabe_ito(0) == "#0072B2");
    CHECK(okabe_ito(6) == okabe_ito(0));
    CHECK(okabe_ito(-1) == okabe_ito(5));
    CHECK(ramp(-1) == ramp(0));
    CHECK(ramp(2) == ramp(1));
    CHECK(ramp(kNan) == ramp(0));
    CHECK(ramp(0) != ramp(1));

    Figure figure = example();
    figure.panels[1].series.push_back({.name = "test", .x = {1}, .y = {1}});
    const std::string script = write_figure(figure).script;
    const auto colour_of = [&](const std::string& series) {
        const std::size_t at = script.find("of(" + series + ", $3)):(");
        return script.substr(script.find("rgb '", at), 13);
    };
    CHECK(colour_of("2") == colour_of("4"));
    CHECK(colour_of("2") != colour_of("3"));
}

TEST_CASE("lines that differ in colour alone get markers; dashes and ramps do without") {
    Figure figure = example();
    CHECK(write_figure(figure).data.find("marked") == std::string::npos);
    figure.panels[0].series[1].dash = Dash::solid;
    CHECK(write_figure(figure).data.find("marked") != std::string::npos);
    figure.panels[0].has_ramp = true;
    CHECK(write_figure(figure).data.find("marked") == std::string::npos);
}

TEST_CASE("long lines keep what can be seen, extremes and gaps included") {
    Figure figure;
    figure.stem = "long";
    figure.x = {.label = "step", .scale = Scale::log};
    Series series{.name = "loss"};
    for (int i = 0; i < 100000; ++i) {
        series.x.push_back(i + 1);
        series.y.push_back(i == 77777 ? 1000 : i == 55555 ? -1000 : i == 33333 ? kNan : i % 7);
    }
    figure.add_panel({}).series.push_back(series);
    const std::string data = write_figure(figure).data;
    CHECK(std::count(data.begin(), data.end(), '\n') < 6000);
    for (const char* row : {"\t1\t0\t", "\t2\t1\t", "\t77778\t1000\t", "\t55556\t-1000\t",
                            "\t33334\tnan\t", "\t1e+05\t"})
        CHECK_MESSAGE(data.find(row) != data.npos, row);
}
