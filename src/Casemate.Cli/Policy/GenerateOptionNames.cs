namespace Casemate.Cli.Policy;

/// <summary>What the options of a command are called that makes policies, so that its messages speak of those that were written.</summary>
internal sealed record GenerateOptionNames
{
    /// <summary>Those of <c>casemate policy generate -f</c>.</summary>
    public static GenerateOptionNames Generate { get; } = new();

    /// <summary>The files with workloads.</summary>
    public string File { get; init; } = "--file";

    /// <summary>Files with ConfigMaps and Secrets.</summary>
    public string Inputs { get; init; } = "--config-file";

    /// <summary>What asks for files to be written in place.</summary>
    public string InPlace { get; init; } = "--in-place";

    /// <summary>How standard input is read and standard output written instead.</summary>
    public string StandardInput { get; init; } = "-f - alone";

    /// <summary>Settings of genpolicy.</summary>
    public string Settings { get; init; } = "--settings";

    /// <summary>Rules in place of Casemate's own.</summary>
    public string Rules { get; init; } = "--rules";

    /// <summary>What prints the Rego text.</summary>
    public string Raw { get; init; } = "--raw";
}
