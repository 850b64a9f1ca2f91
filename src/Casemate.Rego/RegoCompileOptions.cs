namespace Casemate.Rego;

/// <summary>How modules are compiled.</summary>
public sealed record RegoCompileOptions
{
    /// <summary>The dialect of modules that do not say otherwise. Default: <see cref="RegoVersion.V1"/>.</summary>
    public RegoVersion Version { get; init; } = RegoVersion.V1;

    /// <summary>Functions of the host. Names are checked when modules are compiled.</summary>
    public IReadOnlyList<RegoFunction> Functions { get; init; } = [];

    /// <summary>The longest module in UTF-16 units. Default 16 Mi.</summary>
    public int ModuleLength { get; init; } = 16 * 1024 * 1024;

    /// <summary>The most lines of a module. Default 200 000.</summary>
    public int ModuleLines { get; init; } = 200_000;

    /// <summary>The longest line of a module in UTF-16 units. Default 64 Ki.</summary>
    public int ModuleColumns { get; init; } = 64 * 1024;
}
