namespace Casemate.Images.Closure;

/// <summary>Whether a group of data is put into a closure.</summary>
public enum DataSwitch
{
    /// <summary>When a program or library uses what reads them.</summary>
    Detect = 0,
    /// <summary>Always.</summary>
    Include,
    /// <summary>Never.</summary>
    Exclude,
}
