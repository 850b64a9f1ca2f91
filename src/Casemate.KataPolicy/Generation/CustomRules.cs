using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Generation;

/// <summary>
/// Puts a user's own rules before the derived data, in place of Casemate's: what they allow is theirs to answer for. The data stays the
/// last statement, as Trustee reads it.
/// </summary>
/// <param name="inner">Makes the policies.</param>
/// <param name="rules">The rules' Rego text, which begins with its package and has no <c>policy_data</c> of its own.</param>
public sealed class CustomRules(IPodPolicySource inner, string rules) : IPodPolicySource
{
    private const string Marker = "\npolicy_data := ";

    /// <inheritdoc/>
    public async Task<PodPolicy> MakeAsync(Workload workload, PodInputs inputs, CancellationToken cancel)
    {
        var made = await inner.MakeAsync(workload, inputs, cancel).ConfigureAwait(false);
        if (made.Text is null)
        {
            return made;
        }

        var at = made.Text.LastIndexOf(Marker, StringComparison.Ordinal);
        return at < 0
            ? made with { Text = null, Findings = [.. made.Findings, PolicyFinding.Error("", "the policy has no data to put rules before", "")] }
            : made with
            {
                Text = rules.TrimEnd() + "\n" + made.Text[at..],
                Findings =
                [
                    .. made.Findings, PolicyFinding.Warning(
                        "", "the rules are your own: what this policy refuses is not known here", "Try it with 'casemate policy check --attack'."),
                ],
            };
    }
}
