// A few dozen shortcodes, as incidents use them.

export const EMOJI = {
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", tada: "🎉", fire: "🔥", eyes: "👀", bell: "🔔", no_bell: "🔕",
  rotating_light: "🚨", warning: "⚠️", white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", no_entry: "⛔",
  no_entry_sign: "🚫", stop_sign: "🛑", octagonal_sign: "🛑", pushpin: "📌", round_pushpin: "📍", star: "⭐", star2: "🌟",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", red_circle: "🔴", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", large_red_square: "🟥", large_green_square: "🟩", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", clock1: "🕐", calendar: "📅", spiral_calendar_pad: "🗓️",
  memo: "📝", page_facing_up: "📄", clipboard: "📋", books: "📚", book: "📖", open_book: "📖", link: "🔗", paperclip: "📎",
  mag: "🔍", lock: "🔒", unlock: "🔓", key: "🔑", gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", toolbox: "🧰",
  rocket: "🚀", package: "📦", floppy_disk: "💾", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉",
  bar_chart: "📊", telephone_receiver: "📞", pager: "📟", phone: "☎️", speech_balloon: "💬", mega: "📣", loudspeaker: "📢",
  robot_face: "🤖", construction: "🚧", ambulance: "🚑", fire_engine: "🚒", helmet_with_white_cross: "⛑️", sos: "🆘",
  bulb: "💡", question: "❓", grey_question: "❔", exclamation: "❗", information_source: "ℹ️", arrow_up: "⬆️",
  arrow_down: "⬇️", arrow_right: "➡️", leftwards_arrow_with_hook: "↩️", arrows_counterclockwise: "🔄", repeat: "🔁",
  double_vertical_bar: "⏸️", arrow_forward: "▶️", fast_forward: "⏩", black_square_for_stop: "⏹️", bust_in_silhouette: "👤",
  busts_in_silhouette: "👥", firefighter: "🧑‍🚒", technologist: "🧑‍💻", raising_hand: "🙋", wave: "👋", pray: "🙏",
  clap: "👏", heart: "❤️", smile: "😄", sweat_smile: "😅", thinking_face: "🤔", sob: "😭", skull: "💀", bug: "🐛",
  shield: "🛡️", cloud: "☁️", zap: "⚡", boom: "💥", checkered_flag: "🏁", seedling: "🌱", label: "🏷️", credit_card: "💳",
  earth_africa: "🌍", globe_with_meridians: "🌐", new: "🆕", ok: "🆗", ok_hand: "👌", crossed_fingers: "🤞", siren: "🚨",
  raised_hand: "✋", hand: "✋", ballot_box_with_check: "☑️", fire_extinguisher: "🧯", small_orange_diamond: "🔸", snowflake: "❄️",
};

export const emoji = (name) => EMOJI[name.replace(/::skin-tone-\d$/, "")] ?? `:${name}:`;
