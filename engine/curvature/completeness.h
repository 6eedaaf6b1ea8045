#pragma once
// Are the found pairs all that were wanted? Ritz pairs of a space orthogonal to them tell.

#include <utility>
#include <vector>

#include "engine/curvature/bounds.h"
#include "engine/curvature/convergence.h"
#include "engine/curvature/krylov.h"

namespace dualtape::curvature {

// Ritz values never lie beyond the spectrum: one of the rest of the space that lies beyond the
// least wanted found value shows a missed pair, as a rule a copy of a repeated eigenvalue.
class CompletenessCheck {
  public:
    enum class End { largest, smallest, magnitude };

    // found: wanted.all() pairs, outermost first, largest ones before smallest ones; norm: |A|.
    CompletenessCheck(std::vector<RitzPair> found, const Wanted& wanted, const Criterion& criterion,
                      double norm)
        : found_(std::move(found)), wanted_(wanted), criterion_(criterion), norm_(norm) {}

    // How many of the ascending Ritz values at each end belong among the wanted ones: the j-th
    // displaces the j-th least found one.
    Wanted missing(const Vec<double>& values) const;

    // How many of the outermost wanted values of an end, missed ones included, are certainly all
    // that lie there: an eigenvector beyond them would hold less of the first block of this space,
    // which is random, than each one does (Krylov::hidden_weight). None by modulus, whose other end
    // may hide.
    template <class Scalar>
    Index settled(End end, const Krylov<Scalar>& krylov, const Wanted& missing) const;

    // A block of random vectors sees as many copies of an eigenvalue as it has columns. The place
    // of the first of the chosen Ritz values that was seen that often among them, so that there may
    // be more; their number when there is none.
    Index first_repeated(const Vec<double>& values, const Vec<double>& residuals,
                         const std::vector<Index>& chosen, Index block) const;

  private:
    static Index count(End end, const Wanted& of);
    Index count(End end) const { return count(end, wanted_); }
    // How far outwards a value lies at this end, and that of the found value that the next Ritz
    // value after `missing` ones would displace.
    static double outwards(End end, double value);
    const RitzPair& displaced(End end, Index missing) const;
    Index missing(End end, const Vec<double>& values) const;
    // The outermost Ritz values that are missing, or repeat a value that lies `x` outwards.
    template <class Scalar>
    Index counted(End end, const Krylov<Scalar>& krylov, Index missing, double x) const;

    std::vector<RitzPair> found_;
    Wanted wanted_;
    Criterion criterion_;
    double norm_;
};

}  // namespace dualtape::curvature
