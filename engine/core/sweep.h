#pragma once
// Sweep: runs the steps of a schedule on given memory.

#include <array>
#include <vector>

#include "engine/core/edit.h"
#include "engine/core/schedule.h"

namespace dualtape {

// Where the areas lie and which columns they hold, for one run of steps by one thread.
template <class Scalar>
struct SweepContext {
    std::array<std::byte*, kAreas> base{};
    Index samples = 0;           // of the chunk
    Index first_sample = 0;      // of the chunk, in the batch
    bool is_first_chunk = true;  // of its group: partial sums are assigned, not added to
    int order = 2;
    std::uint64_t seed = 0;
    const std::int32_t* selection = nullptr;
    const EditList<Scalar>* edits = nullptr;          // of the workspace; may be null
    const EditList<Scalar>* replay_edits = nullptr;   // on top of them; may be null
    typename EditList<Scalar>::Scratch scratch{};     // its plane is one of the widest tap
    Scalar* transformed = nullptr;                    // another, for adjoints behind an edit
    Wide<Scalar> curvature{0};                        // sum over curvature steps
    std::vector<kernels::GemmCall>* calls = nullptr;  // records matrix products
    std::vector<Index>* nonfinite = nullptr;          // counts, by node, after value steps

    template <class Element>
    Element* address(Place place) const {
        if (place.area == Area::none) return nullptr;
        std::byte* start = base[static_cast<std::size_t>(place.area)];
        return start == nullptr ? nullptr : reinterpret_cast<Element*>(start + place.offset);
    }
};

// How many of the values are NaN or infinite.
template <class Scalar>
Index count_nonfinite(const Scalar* values, Index size);

template <class Scalar>
class Sweep {
  public:
    static void run(const std::vector<Step<Scalar>>& steps, SweepContext<Scalar>& context) noexcept;

  private:
    static void run_step(const Step<Scalar>& step, SweepContext<Scalar>& context) noexcept;
    static void fill_frame(const Step<Scalar>& step, const SweepContext<Scalar>& context,
                           Frame<Scalar>& frame) noexcept;
};

}  // namespace dualtape
