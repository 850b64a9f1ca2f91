using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>The weight and the remedy of each rule about guides, in one place for documents and texts.</summary>
internal static class GuideRules
{
    /// <summary>The oldest minor version of Kubernetes 1 that somebody still supports (AKS long-term support, November 2026).</summary>
    public const int OldestMinor = 31;

    public static LintFinding Finding(GuideRule rule, string message) => new(rule.ToString(), SeverityOf(rule), message, RemedyOf(rule));

    public static string SeveralNames(ResourceFamily first, ResourceFamily other) =>
        $"The file asks for EPC as {first} and as {other}: the same memory under two names.";

    public static LintSeverity SeverityOf(GuideRule rule) => rule switch
    {
        GuideRule.GL01 or GuideRule.GL06 or GuideRule.GL10 or GuideRule.GL14 or GuideRule.GL15 => LintSeverity.Note,
        GuideRule.GL13 or GuideRule.GL16 or GuideRule.GL18 => LintSeverity.Warning,
        GuideRule.GL02 or GuideRule.GL03 or GuideRule.GL04 or GuideRule.GL05 or GuideRule.GL07 or GuideRule.GL08 or GuideRule.GL09
            or GuideRule.GL11 or GuideRule.GL12 or GuideRule.GL17 or GuideRule.GL19 or GuideRule.GL20
            or GuideRule.GL21 => LintSeverity.Error,
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "It is no rule."),
    };

    public static string RemedyOf(GuideRule rule) => rule switch
    {
        GuideRule.GL01 => "Write vlabs.",
        GuideRule.GL02 => "Use a version that is supported today, such as 1.36.",
        GuideRule.GL03 => "Fill in the DNS prefix and the key; leave the service principal out and use a managed identity.",
        GuideRule.GL04 => "Pipe the output to ConvertFrom-Json, or use a managed identity and no principal.",
        GuideRule.GL05 => "Read the subscription first (az account show | ConvertFrom-Json), and write $($subscription.id) inside a text.",
        GuideRule.GL06 => "Put --scopes and its value on one line.",
        GuideRule.GL07 => "Wait while the state is Pending or Registering, with a deadline, and fail on a state that is unknown.",
        GuideRule.GL08 => "Set $ErrorActionPreference = 'Stop' in the first lines, and log with a function that the script defines.",
        GuideRule.GL09 => "Ask for EPC and leave privileged, the volume and its mounts out: the device plugin brings the device.",
        GuideRule.GL10 => "Indent the labels under nodeSelector.",
        GuideRule.GL11 => "Write restartPolicy: Always, or make it a Job.",
        GuideRule.GL12 => "Remove the command: the image brings its own.",
        GuideRule.GL13 => "Make it a Job and set backoffLimit.",
        GuideRule.GL14 => "Write Azure/aks-engine; better, install the add-on ('casemate addon').",
        GuideRule.GL15 => "Write apt.llvm.org.",
        GuideRule.GL16 => "Build the image with 'casemate image pack', which finds the libraries, on a system that still gets updates.",
        GuideRule.GL17 => "Put labels and taints into the specification of the node pool: nodes that are made later have them too.",
        GuideRule.GL18 => "Use one name in one file; the webhook translates it to what the nodes offer.",
        GuideRule.GL19 => "Drop all capabilities, and mount the kubelet's socket directory and the device nodes alone.",
        GuideRule.GL20 => "Hand out the character devices in it, each by its path.",
        GuideRule.GL21 => "Use a managed identity or workload identity: there is no secret then.",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "It is no rule."),
    };
}
