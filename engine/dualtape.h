#pragma once
// The one header a user of the engine includes.

#include "engine/core/model.h"
#include "engine/core/point.h"
#include "engine/ops/builders.h"
