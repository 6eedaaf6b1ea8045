#pragma once
// Tables of measured curvature: one set for trainings and for the tool.

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "experiments/analyses/curvature/sharpness.h"
#include "experiments/lab/labels.h"

namespace dualtape::analyses {

// Numbers of a visit that only its caller knows; NaN: none.
struct VisitFacts {
    double overlap_previous = 0;          // of the leading eigenvectors of this visit and the last
    double descent_threshold = 0;         // 2 / eta; 2 (1 + momentum) / eta of sgd
    double preconditioned_threshold = 0;  // of Adam
};

//   curvature.tsv      one row per visit
//   eigenvalues.tsv    one row per visit and wanted pair
//   layers.tsv         one row per visit and layer
//   density_nodes.tsv  one row per visit, probe and node: the raw quadrature; probe "exact": an
//                      eigenvalue that was taken out, or of a spectrum that is known whole
//   density.tsv        density on a linear and on the signed logarithmic axis
//   counts.tsv         number of eigenvalues above x, with its error: the standard error over the
//                      probes plus what the quadrature does not resolve there
// Tables without a row are not made. Rows are appended; a file that is there must have the same
// columns.
class CurvatureTables {
  public:
    // path(name) says where a table lies.
    CurvatureTables(std::function<std::filesystem::path(const char*)> path, lab::Labels labels);

    void add(std::int64_t step, const Sharpness& sharpness, const VisitFacts& facts);
    // The spectrum of any matrix: all but curvature.tsv and layers.tsv.
    void add(std::int64_t step, const Spectrum& spectrum);
    static std::span<const char* const> names();

  private:
    void add_row(const char* table, std::span<const char* const> columns,
                 std::initializer_list<lab::Cell> cells);
    void add_density(std::int64_t step, const curvature::SpectralMeasure& measure);

    std::function<std::filesystem::path(const char*)> path_;
    lab::Labels labels_;
    std::vector<std::pair<std::string, lab::TableWriter>> writers_;
};

}  // namespace dualtape::analyses
