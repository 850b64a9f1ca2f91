namespace Casemate.Kubernetes;

/// <summary>What the surroundings of the program say about API servers. Injected, so that tests need no real ones.</summary>
public sealed record KubeEnvironment
{
    /// <summary>Where a pod finds its service account.</summary>
    public const string DefaultServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The directory with <c>token</c>, <c>ca.crt</c> and <c>namespace</c>.</summary>
    public string ServiceAccountDirectory { get; init; } = DefaultServiceAccountDirectory;

    /// <summary>The user's home directory; null when there is none.</summary>
    public string? HomeDirectory { get; init; } = Environment.GetEnvironmentVariable("HOME");

    /// <summary>True when the program runs in a pod.</summary>
    public bool IsInCluster => Variable("KUBERNETES_SERVICE_HOST") is { Length: > 0 };
}
