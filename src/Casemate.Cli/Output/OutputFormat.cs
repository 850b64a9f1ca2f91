namespace Casemate.Cli.Output;

/// <summary>Form of a command's result on standard output.</summary>
internal enum OutputFormat
{
    /// <summary>For people: aligned text, colours on a terminal.</summary>
    Table,

    /// <summary>One JSON document with <c>apiVersion</c>, stable within a major version.</summary>
    Json,

    /// <summary>The same document as YAML.</summary>
    Yaml,
}
