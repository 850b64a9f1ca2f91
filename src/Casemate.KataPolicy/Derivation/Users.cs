using System.Globalization;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Derives whom a container's process runs as. Sources: kubernetes/kubernetes pkg/securitycontext, "DetermineEffectiveSecurityContext";
/// containerd pkg/oci, "WithUser" and "WithAdditionalGIDs".
/// </summary>
/// <remarks>
/// Where the guest pulls images, the host has none of their files: it knows no user by name, no user's own group, and no memberships.
/// What the image alone would say is then asked of the document.
/// </remarks>
internal static class Users
{
    // The kubelet accepts no more.
    private const long MaxId = int.MaxValue;

    public static UserPolicy Of(ContainerSubject subject) => subject.IsPause ? OfPause(subject) : OfWorkload(subject);

    private static UserPolicy OfWorkload(ContainerSubject subject)
    {
        var (pod, own, start) = (subject.Pod.SecurityContext, subject.Spec!.SecurityContext, subject.Start);
        var asUser = own.RunAsUser ?? pod.RunAsUser;
        var asGroup = own.RunAsGroup ?? pod.RunAsGroup;
        var userName = start.User.Split(':')[0];
        var indent = Indent(own.Path);
        var named = asUser is null && userName.Length > 0 && !TryNumber(userName, out _);
        uint uid;
        if (asUser is { } chosen)
        {
            uid = Id(subject, own.RunAsUser is null ? $"{pod.Path}.runAsUser" : $"{own.Path}.runAsUser", chosen);
        }
        else if (!named)
        {
            _ = TryNumber(userName, out uid);
        }
        else if (start.Users.FirstOrDefault(user => user.Name == userName) is { } known)
        {
            uid = known.Uid;
        }
        else
        {
            subject.Error(
                subject.Spec.Path, $"the image's user '{Shown.Of(userName)}' is not in its /etc/passwd{GapOf(start)}",
                string.Join('\n', "Name the user by number:", $"{indent}securityContext:", $"{indent}  runAsUser: NUMBER", $"{indent}  runAsGroup: NUMBER"));
            uid = 0;
        }

        var entry = start.Users.FirstOrDefault(user => user.Uid == uid);
        var imageGid = entry?.Gid ?? 0;
        var gid = asGroup is { } group
            ? Id(subject, own.RunAsGroup is null ? $"{pod.Path}.runAsGroup" : $"{own.Path}.runAsGroup", group)
            : imageGid;
        if (subject.Profile.ImageForm is ImageForm.GuestPull)
        {
            AskForUser(subject, uid, gid, asUser is null && uid != 0, asGroup is null && gid != 0);
        }

        if ((own.RunAsNonRoot ?? pod.RunAsNonRoot) is true && uid == 0)
        {
            subject.Warning(
                own.Path, "runAsNonRoot is true and the container would run as user 0: the kubelet will not start it", "Set runAsUser");
        }

        var groups = new SortedSet<uint> { gid };
        groups.UnionWith(PodGroups(subject));
        if (pod.SupplementalGroupsPolicy is not "Strict" && subject.Profile.ImageForm is not ImageForm.GuestPull && entry is not null)
        {
            // The group that is named like the user is its own, whoever the file says belongs to it.
            groups.UnionWith(
                start.Groups.Where(file => file.Name != entry.Name && file.Members.Contains(entry.Name)).Select(file => file.Gid));
        }

        return new UserPolicy(uid, gid) { AdditionalGids = [.. groups] };
    }

    private static UserPolicy OfPause(ContainerSubject subject)
    {
        var (pod, start, kind) = (subject.Pod.SecurityContext, subject.Start, subject.Kind);
        var all = subject.Profile.PauseUserRule is PauseUserRule.GroupIsAdditional;
        var groups = new SortedSet<uint>(kind.User.AdditionalGids);
        uint uid = 0, gid = 0;
        if (start.User.Length > 0)
        {
            var parts = start.User.Split(':', 2);
            uid = TryNumber(parts[0], out var number) ? number : start.Users.FirstOrDefault(user => user.Name == parts[0])?.Uid ?? 0;
            gid = parts.Length > 1
                ? TryNumber(parts[1], out number) ? number : start.Groups.FirstOrDefault(group => group.Name == parts[1])?.Gid ?? 0
                : start.Users.FirstOrDefault(user => user.Uid == uid)?.Gid ?? 0;
            _ = groups.Add(gid);
        }

        uid = uid == 0 ? kind.User.Uid : uid;
        if (gid == 0)
        {
            gid = kind.User.Gid;
            if (all)
            {
                _ = groups.Add(gid);
            }
        }

        if (pod.RunAsUser is { } asUser)
        {
            uid = Id(subject, $"{pod.Path}.runAsUser", asUser);
        }

        if (pod.RunAsUser is not null || pod.RunAsGroup is not null)
        {
            gid = pod.RunAsGroup is { } asGroup
                ? Id(subject, $"{pod.Path}.runAsGroup", asGroup)
                : start.Users.FirstOrDefault(user => user.Uid == uid)?.Gid ?? 0;
            groups.Clear();
            _ = groups.Add(gid);
        }
        else if (start.User.Length == 0)
        {
            groups.UnionWith(PodGroups(subject));
        }

        return new UserPolicy(uid, gid) { AdditionalGids = [.. groups] };
    }

    private static IEnumerable<uint> PodGroups(ContainerSubject subject)
    {
        var pod = subject.Pod.SecurityContext;
        if (pod.FsGroup is { } fsGroup)
        {
            yield return Id(subject, $"{pod.Path}.fsGroup", fsGroup);
        }

        for (var i = 0; i < pod.SupplementalGroups.Length; i++)
        {
            yield return Id(subject, $"{pod.Path}.supplementalGroups[{i}]", pod.SupplementalGroups[i]);
        }
    }

    private static void AskForUser(ContainerSubject subject, uint uid, uint gid, bool userMissing, bool groupMissing)
    {
        if (!userMissing && !groupMissing)
        {
            return;
        }

        var own = subject.Spec!.SecurityContext;
        var indent = Indent(own.Path);
        var lines = new List<string> { "Write into the container, since the guest pulls the image and the host cannot look into it:",
            $"{indent}securityContext:" };
        if (uid != 0)
        {
            lines.Add($"{indent}  runAsUser: {uid.ToString(CultureInfo.InvariantCulture)}");
        }

        if (gid != 0)
        {
            lines.Add($"{indent}  runAsGroup: {gid.ToString(CultureInfo.InvariantCulture)}");
        }

        var implied = userMissing && groupMissing ? "user and group" : userMissing ? "user" : "group";
        subject.Error(
            own.Path, $"the image of container '{Shown.Of(subject.Name)}' alone says its {implied} ({Numbers(uid, gid)})",
            string.Join('\n', lines));
    }

    private static string Numbers(uint uid, uint gid) => string.Create(CultureInfo.InvariantCulture, $"{uid}:{gid}");

    // As deep as containers of a pod are; whoever pastes it into a template moves it.
    private static string Indent(string path) => new(' ', path.StartsWith("spec.template", StringComparison.Ordinal) ? 8 : 4);

    private static string GapOf(ImageStart start) => start.Gaps.IsEmpty ? "" : $" ({string.Join("; ", start.Gaps)})";

    private static uint Id(ContainerSubject subject, string path, long value)
    {
        if (value is >= 0 and <= MaxId)
        {
            return (uint)value;
        }

        var finding = Pods.PolicyFinding.Error(
            path, $"{value.ToString(CultureInfo.InvariantCulture)} is not the number of a user or group", "Write 0 to 2147483647");
        subject.NoteOnce(finding);
        return 0;
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
