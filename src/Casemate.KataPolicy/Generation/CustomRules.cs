using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;
using Casemate.Rego;

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

    /// <summary>What keeps the agent from reading rules, whatever data follows them.</summary>
    /// <param name="file">The file's name, for places.</param>
    /// <param name="rules">The rules' Rego text.</param>
    /// <returns>Errors with their places, in order; empty where there are none.</returns>
    public static ImmutableArray<PolicyFinding> Check(string file, string rules)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(rules);
        RegoSource[] modules = [new(file, rules), new("policy_data", "package agent_policy\n\npolicy_data := {}\n")];
        return
        [
            .. RegoCompiler.Compile(modules, new RegoCompileOptions { Version = RegoVersion.V0 }).Errors.Select(error =>
                PolicyFinding.Error("", $"the agent would refuse these rules: {error.Message}", "") with
                {
                    Location = error.Location is { } at ? new SourceLocation(at.File, at.Line, at.Column) : new SourceLocation(file, 1, 1),
                }),
        ];
    }

    /// <inheritdoc/>
    public async Task<PodPolicy> MakeAsync(Workload workload, PodInputs inputs, CancellationToken cancel)
    {
        var made = await inner.MakeAsync(workload, inputs, cancel).ConfigureAwait(false);
        if (made.Text is null)
        {
            return made;
        }

        var at = made.Text.LastIndexOf(Marker, StringComparison.Ordinal);
        if (at < 0)
        {
            return made with { Text = null, Findings = [.. made.Findings, PolicyFinding.Error("", "the policy has no data to put rules before", "")] };
        }

        var text = rules.TrimEnd() + "\n" + made.Text[at..];
        var findings = made.Findings.Add(PolicyFinding.Warning(
            "", "the rules are your own: what this policy refuses is not known here", "Try it with 'casemate policy check --attack'."));
        if (AgentPolicy.TryCompile(text, out var policy, out _) && PolicyCheck.UndecidedSentence(policy) is { } undecided)
        {
            findings = findings.Add(PolicyFinding.Warning(
                "", $"the policy of these rules: {undecided}", "Write a rule for each request, or 'default NAME := false'; see 'casemate policy check'."));
        }

        return made with { Text = text, Findings = findings };
    }
}
