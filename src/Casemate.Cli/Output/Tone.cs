namespace Casemate.Cli.Output;

/// <summary>Why a piece of text stands out. Colours are chosen from this, in one place.</summary>
internal enum Tone
{
    /// <summary>Ordinary text.</summary>
    Plain,

    /// <summary>A heading.</summary>
    Strong,

    /// <summary>Less important.</summary>
    Faint,

    /// <summary>Passed, accepted.</summary>
    Good,

    /// <summary>Worth attention.</summary>
    Caution,

    /// <summary>Failed, rejected.</summary>
    Bad,
}
