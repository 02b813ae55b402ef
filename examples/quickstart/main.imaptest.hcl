# What the rules are to do, in words that a program can check: `imapform test` runs
# these on a mailbox in memory, without a server and in milliseconds.

test "each list has its folder" {
  for_each = local.lists
  message {
    list_id = "<${each.value}>"
  }
  expect {
    folder = folder.list[each.key]
  }
}

test "receipts are filed, marked and read" {
  message {
    from    = "The Shop <billing@mail.shop.example>"
    subject = "Your RECEIPT"
  }
  expect {
    folder = folder.receipts
    flags  = ["seen", "$Receipt"]
  }
}

test "what else the shop writes is left alone" {
  message {
    eml = "testdata/offer.eml"
  }
  expect {
    untouched = true
  }
}

test "old news goes, but not what is flagged" {
  message "read" {
    folder = folder.news
    age    = "5y"
    flags  = ["seen"]
  }
  message "flagged" {
    folder = folder.news
    age    = "5y"
    flags  = ["seen", "flagged"]
  }
  expect "read" {
    folder = special.trash
  }
  expect "flagged" {
    untouched = true
  }
}

test "mail in the folder with the old name comes along" {
  message {
    folder = "Newsletters"
  }
  expect {
    folder = folder.news
  }
}
