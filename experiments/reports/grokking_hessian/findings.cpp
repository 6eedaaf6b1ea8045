#include "experiments/reports/grokking_hessian/findings.h"

#include <algorithm>
#include <iterator>

#include "experiments/reports/grokking_hessian/reference.h"

namespace dualtape::reports {

Findings::Findings(const std::filesystem::path& folder)
    : settings(folder),
      summary(folder / "summary.tsv"),
      curvature(folder / "curvature.tsv"),
      eigenvalues(folder / "eigenvalues.tsv"),
      by_depth(folder),
      is_published(is_published_setting(folder)) {}

bool Findings::has(std::int64_t depth) const {
    return std::find(depths().begin(), depths().end(), depth) != depths().end();
}

std::string Findings::seeds() const {
    const std::size_t count = summary.seeds().size();
    return count == 1 ? "one seed"
                      : std::to_string(count) + " seeds, median (" +
                            interval_name(static_cast<double>(count)) + ")";
}

std::string Findings::each(const std::string& quantity, std::int64_t from) const {
    std::vector<std::int64_t> some;
    std::copy_if(depths().begin(), depths().end(), std::back_inserter(some),
                 [&](std::int64_t depth) { return depth >= from; });
    const auto text = [&](std::int64_t depth) { return by_depth.text(quantity, depth); };
    return per_depth(some, text) + " [" + seeds() + "]";
}

std::string Findings::values(const std::string& quantity,
                             const std::vector<std::int64_t>& at) const {
    std::vector<std::string> texts;
    for (const std::int64_t depth : at) texts.push_back(by_depth.text(quantity, depth));
    return listing(texts);
}

bool Findings::is_monotone(const std::string& quantity, bool is_rising) const {
    for (std::size_t i = 1; i < depths().size(); ++i) {
        const double before = by_depth.median(quantity, depths()[i - 1]);
        const double here = by_depth.median(quantity, depths()[i]);
        if (!(is_rising ? here > before : here < before)) return false;
    }
    return depths().size() > 1;
}

}  // namespace dualtape::reports
