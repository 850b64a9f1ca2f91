using System.Globalization;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <content>Fields of the pod as a whole.</content>
internal sealed partial class PodReview
{
    private const string Annotations = "/metadata/annotations";

    private static readonly string[] BinaryUnits = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    private void Tolerate()
    {
        var users = _containers.Where(container => container.Bytes > 0).ToList();
        if (!_containers.Any(RunsEnclaves))
        {
            return;
        }

        var keys = new List<string>();
        if (_settings.BackEnd is EpcBackEnd.Resource)
        {
            keys.AddRange(users.Select(container => TargetOf(container).Name));
        }

        keys.AddRange(_reachable.SelectMany(node => node.Taints).Select(taint => taint.Key)
            .Where(key => ResourceFamily.All.Any(family => family.Name == key)).Order(StringComparer.Ordinal));
        foreach (var key in keys.Distinct().Where(key => !Tolerates(key)))
        {
            _patch.Append(
                "/spec/tolerations", PodShape.Has(_spec, "tolerations"),
                $$"""{"key":{{PatchBuilder.Quote(key)}},"operator":"Exists","effect":"NoSchedule"}""", ChangeId.TolerationAdded,
                $"Nodes with EPC may be tainted with {key}.");
        }
    }

    private bool Tolerates(string key) => PodShape.Items(_spec, "tolerations").Any(toleration =>
        PodShape.Text(toleration, "operator") == "Exists"
        && PodShape.Text(toleration, "key") is var tolerated && (string.IsNullOrEmpty(tolerated) || tolerated == key)
        && PodShape.Text(toleration, "effect") is null or "" or "NoSchedule");

    private void Annotate()
    {
        if (_bytes > 0 && !HasAnnotation(PodNames.EpcAnnotation))
        {
            var bytes = WrittenPodBytes();
            SetAnnotation(
                PodNames.EpcAnnotation, BinaryText(bytes), ChangeId.EpcAnnotated,
                $"The pod has {EpcText.Of(bytes)} of EPC; Kata gives its guest as much.");
        }
    }

    private void RecordOriginal(ReviewedContainer container, IReadOnlyList<StatedAmount> originals)
    {
        var name = PodNames.OriginalPrefix + container.Name;
        if (container.Name.Length is > 0 and <= 63 && !HasAnnotation(name))
        {
            SetAnnotation(
                name, string.Join(", ", originals.Select(amount => $"{amount.Family.Name}={Shown(amount.Text)}").Distinct()),
                ChangeId.OriginalRecorded, $"What container {container.Name} had asked for.");
        }
    }

    private void SetAnnotation(string name, string value, ChangeId change, string reason)
    {
        _patch.Make("/metadata", _metadata is not null, "{}", change);
        _patch.Set(Annotations, _annotations, name, PatchBuilder.Quote(value), change, reason);
    }

    // As Kubernetes writes amounts of memory: the largest unit in which it is whole.
    private static string BinaryText(long bytes)
    {
        var unit = 0;
        while (unit < BinaryUnits.Length - 1 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes}{BinaryUnits[unit]}");
    }
}
