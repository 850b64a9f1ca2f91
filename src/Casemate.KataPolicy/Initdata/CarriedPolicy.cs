namespace Casemate.KataPolicy.Initdata;

/// <summary>A policy as a file carries it: by initdata, by AKS's annotation, or as plain text.</summary>
/// <param name="Origin">Where it was found, for people: <c>app.yaml:3:1 Deployment web</c>, or the file's name.</param>
/// <param name="Document">The initdata; null where the policy stands without one.</param>
/// <param name="Policy">The Rego text; null for initdata that carries no policy.</param>
/// <param name="IsAgentPolicy">True when the text comes from AKS's annotation or stands alone: HOST_DATA is its own digest then.</param>
public sealed record CarriedPolicy(string Origin, InitdataDocument? Document, string? Policy, bool IsAgentPolicy)
{
    /// <summary>The workload whose annotation holds it, as <c>Deployment/web</c>; null where it was not found in a manifest.</summary>
    public string? Workload { get; init; }

    /// <summary>The namespace that the workload's document names; null when it names none, or there is no workload.</summary>
    public string? Namespace { get; init; }
}
