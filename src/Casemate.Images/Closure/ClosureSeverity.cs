namespace Casemate.Images.Closure;

/// <summary>How much a finding matters.</summary>
public enum ClosureSeverity
{
    /// <summary>A program will not start, or will stop for certain.</summary>
    Error = 0,
    /// <summary>Something may fail while a program runs.</summary>
    Warning,
    /// <summary>Something that a reader should know.</summary>
    Note,
}
