namespace Casemate.Kubernetes;

/// <summary>How a kubeconfig is read.</summary>
public sealed record KubeconfigOptions
{
    /// <summary>The defaults.</summary>
    public static readonly KubeconfigOptions Default = new();

    /// <summary>The context; null: the file's <c>current-context</c>. Default null.</summary>
    public string? Context { get; init; }

    /// <summary>
    /// Accept <c>insecure-skip-tls-verify: true</c>: whoever answers at the address gets the credentials. Without it such a file is
    /// refused. Default false.
    /// </summary>
    public bool AllowUnverifiedApiServer { get; init; }
}
