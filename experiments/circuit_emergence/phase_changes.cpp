#include "experiments/circuit_emergence/phase_changes.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "experiments/lab/table.h"
#include "experiments/statistics/training_measures.h"

namespace dualtape::circuit_emergence {

namespace {

// What is read at each probed step of one training, node and concept.
struct Course {
    std::vector<double> steps, values;
};
using Courses = std::map<std::tuple<std::int64_t, std::int64_t, std::string, std::string>, Course>;

void add_point(Courses& courses, const Place& at, const std::string& topic, double value) {
    Course& course = courses[{at.width, at.seed, at.node, topic}];
    course.steps.push_back(at.step);
    course.values.push_back(value);
}

}  // namespace

void write_phase_changes(const std::filesystem::path& folder, const ProbeRows& rows,
                         const std::vector<OverFrequencies>& frequencies) {
    Courses courses;
    for (const ScoreRow& row : rows.scores) {
        if (row.is_held_out_probe()) add_point(courses, row.at, row.topic, row.accuracy.value);
    }
    for (const OverFrequencies& found : frequencies) {
        add_point(courses, found.at, "fourier_" + found.operand, found.mean_r2);
    }
    lab::TableWriter table(folder / "emergence.tsv", {"width", "seed", "node", "concept",
                                                      "step_before", "step", "from", "to"});
    for (const auto& [key, course] : courses) {
        const auto& [width, seed, node, topic] = key;
        for (const statistics::Jump& jump : statistics::find_jumps(course.steps, course.values)) {
            const auto here = std::find(course.steps.begin(), course.steps.end(), jump.step);
            table.add_row({width, seed, node, topic, *(here - 1), jump.step, jump.from, jump.to});
        }
    }
    table.close();
}

}  // namespace dualtape::circuit_emergence
