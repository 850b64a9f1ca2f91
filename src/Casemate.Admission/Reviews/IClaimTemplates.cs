namespace Casemate.Admission;

/// <summary>Makes the claim templates that changed pods refer to.</summary>
public interface IClaimTemplates
{
    /// <summary>Makes those that are missing. One that is there is left as it is: its name says what is in it.</summary>
    /// <param name="namespaceName">The pod's namespace.</param>
    /// <param name="templates">The templates.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>What went wrong: one sentence; null after success.</returns>
    ValueTask<string?> EnsureAsync(string namespaceName, IReadOnlyList<ClaimTemplate> templates, CancellationToken cancellationToken);
}
