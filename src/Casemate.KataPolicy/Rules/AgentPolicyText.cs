namespace Casemate.KataPolicy;

/// <summary>Writes the policy of the Kata agent: rules that the pod can reach, and its data as the last statement.</summary>
public static class AgentPolicyText
{
    /// <summary>The policy as Rego text, the same bytes for the same data. Both dialects of Rego read it alike.</summary>
    public static string Write(PolicyData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return "package agent_policy\n\n" + PolicyDataText.Marker + PolicyDataText.Write(data)[1..] + "\n";
    }
}
