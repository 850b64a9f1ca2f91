using System.Text.Json.Nodes;
using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>One pass through the honest requests, with the attacks that are tried on the way.</summary>
internal sealed class AttackRun(AgentPolicy policy, PolicyData data)
{
    private readonly List<AttackFinding> _findings = [];
    private readonly HashSet<AttackFinding> _told = [];
    private RegoState _state = RegoState.Initial;
    private int _honest;
    private int _tried;
    private int _denied;
    private int _free;

    internal AttackReport Report => new() { Honest = _honest, Tried = _tried, Denied = _denied, Free = _free, Findings = _findings };

    internal void TryChange(JsonRequest honest, string path, string change, JsonNode? before, JsonRequest changed)
    {
        if (AllowedAnyway(honest.Kind) || changed.TryRead(out _) is not { } request)
        {
            return;
        }

        _tried++;
        if (!policy.Allows(_state, request))
        {
            _denied++;
            return;
        }

        var context = new AttackContext(data, Container(honest), honest.Kind, path, change, before, changed.Body);
        if (FreeFields.Table.Any(field => field.Covers(context)))
        {
            _free++;
            return;
        }

        Tell(new AttackFinding($"{change} one field", honest.Kind, context.Container?.Name ?? "", path, Excerpt(changed, path)));
    }

    internal void TrySteps(string attack, JsonRequest honest, IReadOnlyList<JsonRequest> requests)
    {
        _tried++;
        var state = _state;
        foreach (var one in requests)
        {
            var request = one.Read();
            if (!policy.Allows(state, request))
            {
                _denied++;
                return;
            }

            state = policy.Decide(state, request).State;
        }

        var last = requests[^1];
        var container = last.Body.ContainsKey("container_id") ? Container(honest)?.Name ?? "" : "";
        Tell(new AttackFinding(attack, last.Kind, container, "", last.Body.ToJsonString()));
    }

    // What is tried before every honest request is one finding, however often it is allowed.
    private void Tell(AttackFinding finding)
    {
        if (_told.Add(finding))
        {
            _findings.Add(finding);
        }
    }

    internal void Advance(JsonRequest honest)
    {
        var request = honest.Read();
        var decision = policy.Decide(_state, request);
        if (!decision.Allowed)
        {
            Tell(new AttackFinding("an honest request is denied", honest.Kind, Container(honest)?.Name ?? "", "",
                decision.Message));
            return;
        }

        _honest++;
        _state = decision.State;
    }

    // What every policy allows, whatever it says: there is nothing in it to decide on.
    private static bool AllowedAnyway(string kind) =>
        kind is "StartContainerRequest" or "RemoveContainerRequest" or "DestroySandboxRequest";

    private ContainerPolicy? Container(JsonRequest request)
    {
        var pod = new HonestPod(data);
        var id = request.Body["container_id"]?.GetValue<string>();
        return Enumerable.Range(0, data.Containers.Count).Where(i => pod.Id(i) == id).Select(i => data.Containers[i]).FirstOrDefault();
    }

    private static string Excerpt(JsonRequest request, string path)
    {
        JsonNode? node = request.Body;
        foreach (var step in path.Replace("['", "\n", StringComparison.Ordinal).Replace("']", "",
            StringComparison.Ordinal).Split('\n') is [var dotted, .. var keys]
            ? dotted.Split('.', StringSplitOptions.RemoveEmptyEntries).Concat(keys) : [])
        {
            var bracket = step.IndexOf('[', StringComparison.Ordinal);
            node = (node as JsonObject)?[bracket < 0 ? step : step[..bracket]];
            if (bracket >= 0 && node is JsonArray array && int.TryParse(step[(bracket + 1)..^1], out var index))
            {
                node = index < array.Count ? array[index] : null;
            }
        }

        var text = node?.ToJsonString() ?? "null";
        return text.Length <= 200 ? text : text[..200];
    }
}
