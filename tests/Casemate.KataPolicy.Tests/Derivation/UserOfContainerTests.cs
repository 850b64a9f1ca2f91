using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>Whom a container runs as.</summary>
public sealed class UserOfContainerTests
{
    private static readonly ImageStart s_files = Given.Start with
    {
        Users = UserFiles.ReadPasswd("root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/:/bin/false\n"u8),
        Groups = UserFiles.ReadGroup("root:x:0:\nwheel:x:10:root,web\nweb:x:102:web\nlog:x:20:web\n"u8),
    };

    private static void IsUser(UserPolicy user, uint uid, uint gid, params uint[] groups)
    {
        Assert.Equal((uid, gid), (user.Uid, user.Gid));
        Assert.Equal(groups, user.AdditionalGids);
        Assert.Equal("", user.Username);
    }

    [Fact]
    public void IsRoot_WhenNobodySaysOtherwise() => IsUser(Given.Container(profile: Given.HostImages).Oci.Process.User, 0, 0, 0);

    [Fact]
    public void IsTheImagesUser_WithItsGroupAndMemberships() =>
        IsUser(Given.Container(start: s_files with { User = "web" }, profile: Given.HostImages).Oci.Process.User, 101, 102, 10, 20, 102);

    [Fact]
    public void IgnoresTheImagesGroup_AsTheKubeletDoes() =>
        IsUser(Given.Container(start: s_files with { User = "101:55" }, profile: Given.HostImages).Oci.Process.User, 101, 102, 10, 20, 102);

    [Fact]
    public void HasGroupZero_WhenTheImageDoesNotKnowTheNumber() =>
        IsUser(Given.Container(start: s_files with { User = "7" }, profile: Given.HostImages).Oci.Process.User, 7, 0, 0);

    [Fact]
    public void CountsMembershipsOfRoot() =>
        IsUser(Given.Container(start: s_files, profile: Given.HostImages).Oci.Process.User, 0, 0, 0, 10);

    [Fact]
    public void IsRefused_WhenTheImageDoesNotKnowItsOwnUser()
    {
        var error = Given.Error(start: Given.Start with { User = "nobody" }, profile: Given.HostImages);

        Assert.Contains("'nobody'", error.Message, StringComparison.Ordinal);
        Assert.Contains("runAsUser: NUMBER", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void TakesThePodsUser_WithTheGroupThatTheImageKnows() =>
        IsUser(Given.Container(start: s_files, profile: Given.HostImages, pod: "securityContext: {runAsUser: 101}").Oci.Process.User, 101,
            102, 10, 20, 102);

    [Fact]
    public void TakesTheContainersUserAndGroup_OverThePods() =>
        IsUser(
            Given.Container(
                "securityContext: {runAsUser: 2000, runAsGroup: 3000}", profile: Given.HostImages,
                pod: "securityContext: {runAsUser: 1, runAsGroup: 2}")
                .Oci.Process.User, 2000, 3000, 3000);

    [Fact]
    public void KeepsThePodsGroup_WhenTheContainerNamesItsUserAlone() =>
        IsUser(Given.Container(
            "securityContext: {runAsUser: 101}", s_files, Given.HostImages, "securityContext: {runAsGroup: 3000}").Oci.Process.User, 101,
            3000, 10, 20, 3000);

    [Fact]
    public void BelongsToTheGroupsOfThePod() =>
        IsUser(Given.Container(pod: "securityContext: {fsGroup: 200, supplementalGroups: [300, 100]}").Oci.Process.User, 0, 0, 0, 100, 200,
            300);

    [Fact]
    public void BelongsToNoGroupOfTheImage_WhenThePodIsStrict() =>
        IsUser(Given.Container(
            start: s_files with { User = "web" }, profile: Given.HostImages,
            pod: "securityContext: {supplementalGroupsPolicy: Strict}").Oci.Process.User, 101, 102, 102);

    [Fact]
    public void DoesNotKnowMemberships_WhenTheGuestPullsTheImage() => IsUser(Given.Container(start: s_files).Oci.Process.User, 0, 0, 0);

    [Fact]
    public void IsAskedOfTheDocument_WhenTheGuestPullsTheImage()
    {
        var error = Given.Error(start: s_files with { User = "web" });

        Assert.Equal("spec.containers[0].securityContext", error.Path);
        Assert.Contains("user and group (101:102)", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("    securityContext:\n      runAsUser: 101\n      runAsGroup: 102", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void IsAccepted_WhenTheDocumentSaysWhatTheImageWould() =>
        IsUser(Given.Container("securityContext: {runAsUser: 101, runAsGroup: 102}", s_files with { User = "web" }).Oci.Process.User, 101,
            102, 102);

    [Fact]
    public void IsRefused_WhenANumberIsNone()
    {
        var workload = Given.Workload();
        var derived = Given.Derived(
            workload with { Pod = workload.Pod with { SecurityContext = workload.Pod.SecurityContext with { RunAsUser = -1 } } });

        Assert.Equal("spec.securityContext.runAsUser", Assert.Single(derived.Findings, finding => finding.Severity is Pods.FindingSeverity.Error).Path);
    }

    [Fact]
    public void IsThePauseImagesUser_ForThePauseContainer() =>
        IsUser(Given.Data(Given.Yaml()).Containers[0].Oci.Process.User, 65535, 65535, 65535);

    [Fact]
    public void IsRootWithoutGroups_ForAPauseImageThatNamesNoUser() =>
        IsUser(
            Given.Data(
                Given.Yaml(),
                profile: BuiltInProfiles.KataSnp with
                {
                    PauseImage = "mcr.microsoft.com/oss/v2/kubernetes/pause:3.6",
                    PauseUserRule = PauseUserRule.OnlyChosenGroups
                })
                .Containers[0].Oci.Process.User, 65535, 65535, 65535);

    [Fact]
    public void ReplacesThePausesGroups_WhenThePodChooses() =>
        IsUser(Given.Data(Given.Yaml(pod: "securityContext: {runAsUser: 5, runAsGroup: 6, fsGroup: 7}")).Containers[0].Oci.Process.User, 5,
            6, 6);
}
