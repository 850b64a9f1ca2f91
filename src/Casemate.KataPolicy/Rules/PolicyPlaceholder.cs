namespace Casemate.KataPolicy;

/// <summary>Texts of arguments and variables in a policy, in which <c>$(name)</c> is a placeholder and <c>$$</c> is one <c>$</c>.</summary>
public static class PolicyPlaceholder
{
    /// <summary>The text that stands for exactly <paramref name="final"/>, what the process will see, and for nothing else.</summary>
    public static string Escape(string final)
    {
        ArgumentNullException.ThrowIfNull(final);
        return final.Replace("$", "$$", StringComparison.Ordinal);
    }
}
