namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Arguments and variables as the rules read them: a dollar sign is doubled, so that only placeholders begin with a single one.
/// </summary>
internal static class PolicyText
{
    /// <summary>What every placeholder begins with.</summary>
    public const string Opening = "$(";

    public const string HostName = "$(host-name)";
    public const string NodeName = "$(node-name)";
    public const string PodIp = "$(pod-ip)";
    public const string HostIp = "$(host-ip)";
    public const string PodUid = "$(pod-uid)";
    public const string ResourceField = "$(resource-field)";
    public const string AnyValue = "$(todo-annotation)";
    public const string SandboxName = "$(sandbox-name)";
    public const string SandboxNamespace = "$(sandbox-namespace)";

    /// <summary>Text that means itself.</summary>
    public static string Literal(string text) => text.Replace("$", "$$", StringComparison.Ordinal);
}
