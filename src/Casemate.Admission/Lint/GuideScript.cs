using System.Text.RegularExpressions;

namespace Casemate.Admission;

/// <summary>Rules about scripts and prose.</summary>
internal static partial class GuideScript
{
    private const int FunctionLines = 60;
    private const int HeadLines = 15;

    /// <summary>Rules that hold in any file.</summary>
    public static IEnumerable<LintFinding> Anywhere(TextLines lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            foreach (Match match in RepositoryName().Matches(lines[i]))
            {
                yield return Replace(GuideRule.GL14, "There is no repository Azure/aksengine.", lines.OffsetOf(i) + match.Groups[1].Index,
                    match.Groups[1].Value, "aks-engine");
            }

            foreach (Match match in AptHost().Matches(lines[i]))
            {
                yield return Replace(GuideRule.GL15, "apt.lsvm.org is no host of LLVM's packages.", lines.OffsetOf(i) + match.Index,
                    match.Value, "apt.llvm.org");
            }

            if (PrincipalWords().IsMatch(lines[i]) && lines.Statement(i) is var statement
                && (SecretOnLine().IsMatch(statement) || ContributorOnLine().IsMatch(statement)))
            {
                yield return At(
                    GuideRule.GL21, "A service principal, or its secret, stands on a command line, where history and other users see it.",
                    lines.StartOf(i));
            }
        }
    }

    /// <summary>Rules about scripts alone.</summary>
    public static IEnumerable<LintFinding> Check(TextLines lines) =>
        Variables(lines).Concat(Wrapped(lines)).Concat(Waiting(lines)).Concat(Errors(lines)).Concat(Libraries(lines)).Concat(Nodes(lines));

    public static LintFinding At(GuideRule rule, string message, int offset) => GuideRules.Finding(rule, message) with { Offset = offset };

    public static LintFinding Replace(GuideRule rule, string message, int offset, string replaced, string replacement) =>
        At(rule, message, offset) with { Replaced = replaced, Replacement = replacement };

    private static IEnumerable<LintFinding> Variables(TextLines lines)
    {
        var assigned = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var texts = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Contains('$', StringComparison.Ordinal))
            {
                if (Assignment().Match(lines[i]) is { Success: true } assignment)
                {
                    var name = assignment.Groups[1].Value;
                    assigned.Add(name);
                    if (assignment.Groups[2].Success
                        && !lines.Statement(i).Contains("ConvertFrom-Json", StringComparison.OrdinalIgnoreCase))
                    {
                        texts[name] = i;
                    }
                    else
                    {
                        texts.Remove(name);
                    }
                }

                if (Parameter().IsMatch(lines[i]))
                {
                    assigned.Add("subscription");
                }

                foreach (Match use in PropertyInBraces().Matches(lines[i]))
                {
                    yield return At(
                        GuideRule.GL05, $"{PodReview.Shown(use.Value)} is a variable with a dot in its name, and not a property.",
                        lines.OffsetOf(i) + use.Index);
                }

                foreach (Match use in PropertyUse().Matches(lines[i]))
                {
                    var name = use.Groups[1].Value;
                    if (texts.Remove(name, out var made))
                    {
                        yield return At(
                            GuideRule.GL04, $"${name} is the text that az wrote, so ${name}.{use.Groups[2].Value} is nothing.", lines.StartOf(made));
                    }
                    else if (name.Equals("subscription", StringComparison.OrdinalIgnoreCase) && assigned.Add(name))
                    {
                        yield return At(GuideRule.GL05, "$subscription is used and was never set.", lines.OffsetOf(i) + use.Index);
                    }
                }
            }
        }
    }

    private static IEnumerable<LintFinding> Wrapped(TextLines lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].TrimEnd();
            var at = line.IndexOf("--scopes", StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            var rest = line.AsSpan(at + "--scopes".Length);
            if (rest.IsWhiteSpace() || rest is "=" || rest.Trim() is "\"" or "=\"" or "'" || (rest.Count('"') % 2 == 1 && lines.After(i) >= 0))
            {
                yield return At(GuideRule.GL06, "The line ends inside --scopes, and its value is a command of its own.", lines.OffsetOf(i) + at);
            }
        }
    }

    private static IEnumerable<LintFinding> Waiting(TextLines lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (!WaitFunction().IsMatch(lines[i]))
            {
                continue;
            }

            var (fails, ends) = (false, false);
            for (var next = i + 1; next < Math.Min(lines.Count, i + FunctionLines) && !FunctionWord().IsMatch(lines[next]); next++)
            {
                fails |= Throw().IsMatch(lines[next]) || StrayTick().IsMatch(lines[next]);
                ends |= Deadline().IsMatch(lines[next]);
            }

            if (fails && !ends)
            {
                yield return At(
                    GuideRule.GL07, "The wait fails while the feature is Pending or NotRegistered, and has no deadline.", lines.StartOf(i));
            }
        }
    }

    private static IEnumerable<LintFinding> Errors(TextLines lines)
    {
        var (statements, log, definesLog) = (0, -1, false);
        for (var i = 0; i < lines.Count; i++)
        {
            if (TrapBlock().IsMatch(lines[i]))
            {
                if (statements > HeadLines)
                {
                    yield return At(GuideRule.GL08, "Errors are trapped where the script is almost over.", lines.StartOf(i));
                }
            }
            else if (lines[i].Contains("Write-Log", StringComparison.OrdinalIgnoreCase))
            {
                definesLog |= FunctionWord().IsMatch(lines[i]);
                log = log < 0 ? i : log;
            }

            statements += lines[i].AsSpan().Trim() is ['#', ..] or [] ? 0 : 1;
        }

        if (log >= 0 && !definesLog)
        {
            yield return At(GuideRule.GL08, "Write-Log is called and defined nowhere.", lines.StartOf(log));
        }
    }

    private static IEnumerable<LintFinding> Libraries(TextLines lines)
    {
        var (isOld, copies, first) = (false, 0, -1);
        for (var i = 0; i < lines.Count; i++)
        {
            isOld |= OldUbuntu().IsMatch(lines[i]);
            if (CopiedLibrary().IsMatch(lines[i]))
            {
                (copies, first) = (copies + 1, first < 0 ? i : first);
            }
        }

        if (isOld && copies >= 2)
        {
            yield return At(
                GuideRule.GL16, $"{copies} lines copy libraries by hand, and Ubuntu 16.04 gets no updates any more.", lines.StartOf(first));
        }
    }

    private static IEnumerable<LintFinding> Nodes(TextLines lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (NodeCommand().Match(lines[i]) is { Success: true } command)
            {
                yield return At(
                    GuideRule.GL17, $"A {command.Groups[1].Value} is put on a node by hand, and a node that is added later lacks it.",
                    lines.OffsetOf(i) + command.Index);
            }
        }
    }

    private const RegexOptions Plain = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    [GeneratedRegex(@"\bAzure/(aksengine)\b", Plain)]
    private static partial Regex RepositoryName();

    [GeneratedRegex(@"\bapt\.lsvm\.org\b", Plain)]
    private static partial Regex AptHost();

    [GeneratedRegex(@"\baz\s+(?:ad\s+sp|login|aks|deployment|group)\b|\baks-engine\b", Plain)]
    private static partial Regex PrincipalWords();

    [GeneratedRegex(@"--(?:client-secret|service-principal-client-secret|servicePrincipalClientSecret)[ =]\s{0,8}\S|\baz\s+login\b.{0,400}--service-principal.{0,400}\s(?:-p|--password)[ =]", Plain)]
    private static partial Regex SecretOnLine();

    [GeneratedRegex(@"\bcreate-for-rbac\b.{0,400}--role[ =][""']?Contributor", Plain)]
    private static partial Regex ContributorOnLine();

    [GeneratedRegex(@"^\s{0,80}\$(\w{1,60})\s{0,40}=(?!=)\s{0,40}(\(?\s{0,8}az\s+ad\s+sp\b)?", Plain)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"(?:\b(?:param|foreach)\b.{0,200}|\]\s{0,8})\$subscription\b(?!\.)", Plain)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\$\{(?:subscription|account|servicePrincipal|principal|sp|group)\.\w{1,60}\}", Plain)]
    private static partial Regex PropertyInBraces();

    [GeneratedRegex(@"\$(\w{1,60})\.(\w{1,60})", Plain)]
    private static partial Regex PropertyUse();

    [GeneratedRegex(@"\bfunction\s+waitUntilRegistered\b", Plain)]
    private static partial Regex WaitFunction();

    [GeneratedRegex(@"^\s{0,80}function\s", Plain)]
    private static partial Regex FunctionWord();

    [GeneratedRegex(@"\bthrow\b", Plain)]
    private static partial Regex Throw();

    [GeneratedRegex(@"-(?:eq|ne|like)\s{0,8}`|`""\w", Plain)]
    private static partial Regex StrayTick();

    [GeneratedRegex(@"deadline|timeout|max(?:imum)?_?(?:tries|attempts|wait)|Stopwatch|Get-Date", Plain)]
    private static partial Regex Deadline();

    [GeneratedRegex(@"^\s{0,80}trap\s{0,8}(?:\[[\w.]{1,80}\]\s{0,8})?(?:\{|$)", Plain)]
    private static partial Regex TrapBlock();

    [GeneratedRegex(@"ubuntu[: -]16\.04|\bxenial\b", Plain)]
    private static partial Regex OldUbuntu();

    [GeneratedRegex(@"^\s{0,80}(?:RUN\s+)?(?:COPY|ADD|cp)\s.{0,400}\.so(?:[.\d]{0,20})\b", Plain)]
    private static partial Regex CopiedLibrary();

    [GeneratedRegex(@"\bkubect[l1]\s+(label|taint)\s+(?:--\S{1,60}\s+)?(?:nodes?|no)\b", Plain)]
    private static partial Regex NodeCommand();
}
