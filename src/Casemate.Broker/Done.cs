namespace Casemate.Broker;

/// <summary>The answer to an act that has nothing to give back.</summary>
public sealed class Done
{
    private Done()
    {
    }

    /// <summary>The one instance.</summary>
    public static Done Instance { get; } = new();
}
