namespace Casemate.Rego;

/// <summary>One error, of the compiler or of an evaluation.</summary>
/// <param name="Code">What kind of error.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Location">Where in the policy; null when it concerns no place in it.</param>
public sealed record RegoError(RegoErrorCode Code, string Message, RegoLocation? Location)
{
    /// <summary>Place, name and message on one line.</summary>
    public override string ToString() => $"{(Location is { } at ? at + ": " : "")}{Code.ToText()}: {Message}";
}
