namespace Casemate.Kubernetes;

/// <summary>Something that happened to an object, for people to read.</summary>
/// <param name="Regarding">The object.</param>
/// <param name="Reason">One CamelCase word, at most 128 characters.</param>
/// <param name="Action">What was being done, one CamelCase word, at most 128 characters.</param>
/// <param name="Note">A sentence; cut at 1024 bytes.</param>
public sealed record KubeEvent(KubeReference Regarding, string Reason, string Action, string Note)
{
    /// <summary>True when somebody should look at it. Default false.</summary>
    public bool IsWarning { get; init; }
}
