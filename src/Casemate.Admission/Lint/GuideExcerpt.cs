using System.Text.RegularExpressions;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>Rules about manifests and models that are no longer YAML or JSON: found by their lines, whatever the indentation.</summary>
internal static partial class GuideExcerpt
{
    private const int LongestExcerpt = 150;

    public static IEnumerable<LintFinding> Check(TextLines lines) => Models(lines).Concat(Names(lines)).Concat(Manifests(lines));

    private static IEnumerable<LintFinding> Models(TextLines lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (Model().Match(lines[i]) is { Success: true } model)
            {
                yield return GuideScript.Replace(
                    GuideRule.GL01, "There is no model of version v1labs.", lines.OffsetOf(i) + model.Groups[1].Index, "v1labs", "vlabs");
            }

            if (Version().Match(lines[i]) is { Success: true } version && GuideModel.IsTooOld(version.Groups[1].Value))
            {
                yield return GuideScript.At(
                    GuideRule.GL02, $"Kubernetes {version.Groups[1].Value} is supported by nobody any more.", lines.OffsetOf(i) + version.Index);
            }

            foreach (Match blank in Blank().Matches(lines[i]))
            {
                yield return GuideScript.At(GuideRule.GL03, $"{blank.Groups[1].Value} is blank.", lines.OffsetOf(i) + blank.Index);
            }
        }
    }

    private static IEnumerable<LintFinding> Names(TextLines lines)
    {
        var seen = new List<ResourceFamily>();
        for (var i = 0; i < lines.Count; i++)
        {
            foreach (var family in ResourceFamily.All.Where(family => !seen.Contains(family)))
            {
                var at = lines[i].IndexOf(family.Name, StringComparison.Ordinal);
                if (at >= 0 && Amount().IsMatch(lines[i].AsSpan(at + family.Name.Length)))
                {
                    seen.Add(family);
                    if (seen.Count > 1)
                    {
                        yield return GuideScript.At(
                            GuideRule.GL18, GuideRules.SeveralNames(seen[0], family), lines.OffsetOf(i) + at);
                    }
                }
            }
        }
    }

    // From one 'kind' to the next object: what stands between belongs together, even where headings cut it apart.
    private static IEnumerable<LintFinding> Manifests(TextLines lines)
    {
        for (var i = 0; i < lines.Count;)
        {
            if (Kind().Match(lines[i]) is not { Success: true } kind)
            {
                i++;
                continue;
            }

            var end = i + 1;
            while (end < Math.Min(lines.Count, i + LongestExcerpt) && !Begins().IsMatch(lines[end]))
            {
                end++;
            }

            foreach (var finding in Check(new Excerpt(lines, kind.Groups[1].Value, i, end)))
            {
                yield return finding;
            }

            i = end;
        }
    }

    private static IEnumerable<LintFinding> Check(Excerpt text)
    {
        var privileged = text.Find(Privileged());
        var device = text.Find(DevicePath());
        var isPlugin = text.Kind == "DaemonSet" && text.Find(PluginWord()) >= 0;
        if (privileged >= 0 && device >= 0 && !isPlugin && text.Find(Placement()) < 0)
        {
            yield return text.At(
                GuideRule.GL09, privileged, "A privileged pod has the host's SGX device, and nothing says that it needs a node that has one.");
        }

        var selector = text.Find(EmptySelector());
        if (selector >= 0 && text.IsFollowedByALabelAtItsLevel(selector))
        {
            yield return text.At(GuideRule.GL10, selector, "nodeSelector has nothing under it, so the pod can be placed on every node.");
        }

        var ends = text.Find(Ends());
        if (ends >= 0 && text.Kind == "Deployment")
        {
            yield return text.At(GuideRule.GL11, ends, "The pods of a Deployment are always restarted; Kubernetes refuses anything else.");
        }

        var image = text.Find(HelloImage());
        var command = text.Find(PluginCommand());
        if (image >= 0 && command >= 0)
        {
            yield return text.At(GuideRule.GL12, command, $"The image of the sample has no command {GuidePod.Plugin}.");
        }

        if (text.Kind is "Pod" or "Deployment" && (image >= 0 || (ends >= 0 && text.Find(SgxWord()) >= 0)))
        {
            yield return text.At(
                GuideRule.GL13, image >= 0 ? image : ends, $"The program greets and ends, and a {text.Kind} is for programs that run on.");
        }

        if (isPlugin && privileged >= 0)
        {
            yield return text.At(GuideRule.GL19, privileged, "The device plugin itself is privileged.");
        }

        if (isPlugin && device >= 0)
        {
            yield return text.At(
                GuideRule.GL20, device,
                "The plugin gets the directory /dev/sgx: handed on as a device it is 'not a device node' since Kubernetes 1.19.");
        }
    }

    /// <summary>The lines of one object.</summary>
    private sealed class Excerpt(TextLines lines, string kind, int start, int end)
    {
        public string Kind { get; } = kind;

        public int Find(Regex pattern)
        {
            for (var i = start; i < end; i++)
            {
                if (pattern.IsMatch(lines[i]))
                {
                    return i;
                }
            }

            return -1;
        }

        public bool IsFollowedByALabelAtItsLevel(int line)
        {
            var next = lines.After(line);
            return next >= 0 && IndentOf(lines[next]) <= IndentOf(lines[line]) && Label().IsMatch(lines[next]);
        }

        public LintFinding At(GuideRule rule, int line, string message) => GuideScript.At(rule, message, lines.StartOf(line));

        private static int IndentOf(string line) => line.Length - line.TrimStart().Length;
    }

    private const RegexOptions Plain = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    [GeneratedRegex(@"\bapiVersion""?\s{0,8}:\s{0,8}""?(v1labs)\b", Plain)]
    private static partial Regex Model();

    [GeneratedRegex(@"(?:\borchestrator(?:Version|Release)""?\s{0,8}:\s{0,8}|--kubernetes-version[ =])""?(1\.\d{1,2}(?:\.\d{1,3})?)\b", Plain)]
    private static partial Regex Version();

    [GeneratedRegex(@"""(dnsPrefix|keyData|clientId|secret)""\s{0,8}:\s{0,8}""\s{0,8}""", Plain)]
    private static partial Regex Blank();

    [GeneratedRegex(@"^['""]?\s{0,8}:\s{0,8}['""]?\d")]
    private static partial Regex Amount();

    [GeneratedRegex(@"^\W{0,20}kind['""]?\s{0,8}:\s{0,8}['""]?([A-Z]\w{1,40})")]
    private static partial Regex Kind();

    [GeneratedRegex(@"^\W{0,20}(?:apiVersion|kind)['""]?\s{0,8}:")]
    private static partial Regex Begins();

    [GeneratedRegex(@"\bprivileged['""]?\s{0,8}:\s{0,8}true\b", Plain)]
    private static partial Regex Privileged();

    [GeneratedRegex(@"\bpath['""]?\s{0,8}:\s{0,8}['""]?/dev/sgx\b(?![_/]\w)")]
    private static partial Regex DevicePath();

    [GeneratedRegex(@"\b(?:nodeSelector|nodeAffinity|nodeName)['""]?\s{0,8}:")]
    private static partial Regex Placement();

    [GeneratedRegex(@"\bnodeSelector['""]?\s{0,8}:\s{0,8}$")]
    private static partial Regex EmptySelector();

    [GeneratedRegex(@"^\s{0,80}(?:tee|[\w.-]{1,80}/[\w.-]{1,80})['""]?\s{0,8}:\s{0,8}\S")]
    private static partial Regex Label();

    [GeneratedRegex(@"\brestartPolicy['""]?\s{0,8}:\s{0,8}['""]?(?:OnFailure|Never)\b")]
    private static partial Regex Ends();

    [GeneratedRegex(@"\bimage['""]?\s{0,8}:\s{0,8}\S{0,200}(?:hello[-_]?world|oe-?hello)", Plain)]
    private static partial Regex HelloImage();

    [GeneratedRegex(@"^(?!.{0,200}\b(?:image|name|app)['""]?\s{0,8}:).{0,200}\boe-sgx-device-plugin\b")]
    private static partial Regex PluginCommand();

    [GeneratedRegex(@"\bsgx\b|_sgx|sgx_", Plain)]
    private static partial Regex SgxWord();

    [GeneratedRegex(@"sgx-(?:device-)?plugin\b|kubelet/device-plugins", Plain)]
    private static partial Regex PluginWord();
}
