namespace Casemate.Rego.Evaluation;

/// <summary>Ends an evaluation; never leaves the library.</summary>
internal sealed class RegoEvaluationException(RegoErrorCode code, string message, RegoLocation? location) : Exception(message)
{
    public RegoError Error { get; } = new(code, message, location);
}
