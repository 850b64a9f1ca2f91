namespace Casemate.KataPolicy;

/// <summary>The first process of a container.</summary>
public sealed record ProcessPolicy
{
    /// <summary>Whether it has a terminal.</summary>
    public bool Terminal { get; init; }

    /// <summary>Whom it runs as.</summary>
    public UserPolicy User { get; init; } = new();

    /// <summary>The command and its arguments.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>
    /// Variables, <c>NAME=value</c>, one per name. Each must be in the request, with that value or one that its placeholder admits; others
    /// must match <see cref="CreateContainerDefaults.AllowEnvRegex"/>.
    /// </summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>The working directory.</summary>
    public string Cwd { get; init; } = "/";

    /// <summary>The capabilities.</summary>
    public CapabilitiesPolicy Capabilities { get; init; } = new();

    /// <summary>Whether the process and its children can never gain privileges.</summary>
    public bool NoNewPrivileges { get; init; }
}
