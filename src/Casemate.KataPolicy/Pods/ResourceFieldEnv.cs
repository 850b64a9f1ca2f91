namespace Casemate.KataPolicy.Pods;

/// <summary>A limit or request of a container (downward API).</summary>
/// <param name="Resource">Such as <c>limits.memory</c>.</param>
/// <param name="ContainerName">The container meant; null for the variable's own.</param>
/// <param name="Divisor">The divisor as written, or null.</param>
public sealed record ResourceFieldEnv(string Resource, string? ContainerName, string? Divisor) : EnvSource;
