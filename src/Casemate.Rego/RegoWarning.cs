namespace Casemate.Rego;

/// <summary>Something in a policy that is allowed and probably not meant.</summary>
/// <param name="Code">What kind of warning.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Location">Where in the policy.</param>
public sealed record RegoWarning(RegoWarningCode Code, string Message, RegoLocation Location)
{
    /// <summary>Place, name and message on one line.</summary>
    public override string ToString() => $"{Location}: {Code}: {Message}";
}
