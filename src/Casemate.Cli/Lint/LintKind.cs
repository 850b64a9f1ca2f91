namespace Casemate.Cli.Lint;

/// <summary>How a file is looked at.</summary>
internal enum LintKind
{
    /// <summary>YAML or JSON: documents, and a file that is neither is an error.</summary>
    Manifest,

    /// <summary>Markdown, a script, any other text: its blocks of YAML, and its lines.</summary>
    Text,
}
