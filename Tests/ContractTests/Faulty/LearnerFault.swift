/// How the test learner breaks the rules for learners.
enum LearnerFault: String, Fault, Codable {
    case none
    case failsOnTwoClasses = "model 1"
    case learnsAnything = "model 2"
    case promisesOtherLabels = "model 3"
    case answersAboveOne = "model 4"
    case writesIntoRows = "model 5"
    case countsFits = "model 6"
    case addsThreads = "model 7"
    case addsBackend = "model 8"
    case ignoresCancellation = "model 9"
    case acceptsNoRows = "model 10"
    case dividesByOneLess = "model 11"
    case refusesConstants = "model 12"
    case refusesEmptyColumns = "model 13"
    case failsOnOneClass = "model 14"
    case refusesWideTables = "model 15"
    case ignoresWeights = "model 16"
    case centresBatches = "model 17"
    case takesColumnsByPosition = "model 18"
    case refusesNewLabels = "model 19"
    case sharesScratch = "model 20"
    case forgetsIntercept = "model 21"
    case trustsState = "model 22"
    case throwsStrangely = "model 23"
    case refusesOddNames = "model 24"
    case roundsSingleRows = "model 25"
    case ratesTooFew = "model 26"
    case explainsTooFew = "model 27"
    case resumesElsewhere = "model 28"

    var rule: String? { self == .none ? nil : rawValue }
}
