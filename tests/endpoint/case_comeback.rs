//! *How to bring it back*: the commands to copy, for the account, its Regions and its way.

use securityhub_members::demo::slack::{CHANNEL, Press, SAM};
use securityhub_members::slack::view::cases::{RETURN, TAKE};
use securityhub_members::text::Locale;

use crate::case_buttons::{choice, digest_of};
use crate::support::{IRELAND, Setup, VIRGINIA, World, id, member};

#[tokio::test]
async fn the_commands_that_bring_an_account_back_are_for_its_regions_and_its_way() {
    let world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        ..Setup::default()
    })
    .await;
    let _server = world.listen().await;
    world.aws.set_members(VIRGINIA, vec![member(1, "Enabled")]);
    world
        .poll_at("2026-11-18T09:00:00Z", "1 Enabled, 2 Enabled")
        .await;
    world.deliver().await.unwrap();
    world.aws.set_members(VIRGINIA, vec![member(1, "Resigned")]);
    world
        .poll_at("2026-11-19T07:00:00Z", "1 Resigned, 2 Removed")
        .await;
    world.deliver().await.unwrap();
    let digest = world.slack.messages(CHANNEL).pop().unwrap();
    let answer = world
        .press_case(SAM, &digest, &choice(&digest, 1, "return"))
        .await;
    insta::assert_snapshot!(answer, @r#"
    `200000000001`
    It left by itself. Its invitation still stands: in the member account, accept it again.
    ```
    for region in eu-west-1 us-east-1; do
      invitation=$(aws securityhub list-invitations --region "$region" --output text --query "Invitations[?AccountId=='111122223333'].InvitationId | [0]")
      aws securityhub accept-administrator-invitation --region "$region" --administrator-id 111122223333 --invitation-id "$invitation"
    done
    ```
    ~ Run these commands yourself: securityhub-members only reads.
    Read UnprocessedAccounts in the answers: HTTP 200 alone proves nothing.
    "#);
    let both = world.press_case(SAM, &digest, &Press::click(RETURN)).await;
    assert!(
        both.contains(&answer[..answer.find("\n~ ").unwrap()]),
        "{both}"
    );
    assert!(both.contains("invite-members --region eu-west-1"), "{both}");
    let ephemeral = world.slack.ephemerals(SAM).len();
    assert_eq!(ephemeral, 2, "only Sam sees it");
    assert_eq!(world.news(&digest), Vec::<String>::new());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn in_japanese_everything_is() {
    let world = World::with(Setup {
        locale: Locale::Ja,
        ..Setup::default()
    })
    .await;
    let _server = world.listen().await;
    let digest = digest_of(&world, "1 Enabled, 2 Enabled", "1 Resigned, 2 -").await;
    let answer = world.press_case(SAM, &digest, &Press::click(TAKE)).await;
    assert_eq!(
        answer,
        format!(
            "👀 *{0}* の対応を開始 · `{0}`\n👀 *{1}* の対応を開始 · `{1}`",
            id(1),
            id(2)
        )
    );
    world
        .digest_with(&digest, "👀 <@U0SAM> が木曜 09:00 から対応中")
        .await;
    assert_eq!(
        world.news(&digest),
        [format!(
            "👀 <@U0SAM> が *{} と {}* の対応を開始",
            id(1),
            id(2)
        )]
    );
    let answer = world.press_case(SAM, &digest, &Press::click(RETURN)).await;
    insta::assert_snapshot!(answer, @r#"
    `200000000001`
    メンバー側から離脱しました。招待は残っています。メンバーアカウントでもう一度承諾してください。
    ```
    invitation=$(aws securityhub list-invitations --region eu-west-1 --output text --query "Invitations[?AccountId=='111122223333'].InvitationId | [0]")
    aws securityhub accept-administrator-invitation --region eu-west-1 --administrator-id 111122223333 --invitation-id "$invitation"
    ```
    ---
    `200000000002`
    招待したアカウントなら、管理者アカウントで追加して招待してください。
    ```
    aws securityhub create-members --region eu-west-1 --account-details AccountId=200000000002
    aws securityhub invite-members --region eu-west-1 --account-ids 200000000002
    ```
    続けて、メンバーアカウントで招待を承諾してください。
    ```
    invitation=$(aws securityhub list-invitations --region eu-west-1 --output text --query "Invitations[?AccountId=='111122223333'].InvitationId | [0]")
    aws securityhub accept-administrator-invitation --region eu-west-1 --administrator-id 111122223333 --invitation-id "$invitation"
    ```
    組織のアカウントなら、管理者アカウントでもう一度追加してください。招待は不要です。
    ```
    aws securityhub create-members --region eu-west-1 --account-details AccountId=200000000002
    ```
    ~ コマンドはご自身で実行してください。securityhub-members は読み取りしかしません。
    応答の UnprocessedAccounts を確認してください。HTTP 200 だけでは成功とはいえません。
    "#);
    world.assert_slack_took_everything();
}
